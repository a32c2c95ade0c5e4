import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

type Reply = Record<string, unknown>;

/** A kernel that answers when the test tells it to. */
export class FakeKernel {
  readonly name = 'fake';
  readonly statusChanged = new Signal<this, string>(this);
  readonly connectionStatusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  readonly requests: Reply[] = [];
  status = 'idle';
  connectionStatus = 'connected';
  isDisposed = false;
  spec: Promise<{ language: string } | undefined> = Promise.resolve({ language: 'python' });
  info: Promise<{ language_info: { name: string } }> = new Promise(() => undefined);
  private readonly _replies: ((reply: Reply) => void)[] = [];

  requestExecute(content: Reply): { done: Promise<{ content: Reply }> } {
    this.requests.push(content);
    return {
      done: new Promise(resolve => {
        this._replies.push(reply => resolve({ content: reply }));
      })
    };
  }

  /** Waits for a request and answers the oldest one. */
  async answer(reply: Reply): Promise<void> {
    while (this._replies.length === 0) await Promise.resolve();
    this._replies.shift()?.(reply);
  }

  /** Answers with a value of the expression, the way ipykernel does. */
  answerText(text: string): Promise<void> {
    const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(text)));
    return this.answer({
      status: 'ok',
      user_expressions: { ship_env: { status: 'ok', data: { 'text/plain': `'${base64}'` } } }
    });
  }

  changeStatus(status: string): void {
    this.status = status;
    this.statusChanged.emit(status);
  }

  /** The kernel with the type that the product expects; only the members that the product uses exist. */
  get connection(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }
}
