import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { TARGET_URLS, targetSettings, type Probe, type TargetSettings } from '../../server/src/contract/index.js';
import { TargetCheck, type TargetCheckState } from '../components/TargetCheck.js';
import { ShipEnvError, toShipEnvError } from '../errors.js';
import { withoutField, type FieldProps, type FieldRenderer } from './form-fields.js';
import { isShown, nameAndUrlIn } from './target-fields.js';

/** Tests the target in the form, saved or not. */
export type CheckTarget = (target: TargetSettings, signal: AbortSignal) => Promise<Probe>;

/**
 * The field of the settings form that edits the targets: the stock list of forms, with a button under each form that
 * tests its target.
 */
export function targetsField(check: CheckTarget, trans: TranslationBundle): FieldRenderer {
  // Created once: a component that is created again at each render would lose its state.
  function TargetField(props: FieldProps): React.JSX.Element {
    const { ObjectField } = props.registry.fields;
    const formData: unknown = props.formData;
    const fields = Object.entries(props.schema.properties ?? {}).filter(([name]) => isShown(name, formData));
    const schema = { ...props.schema, properties: Object.fromEntries(fields) };
    return (
      <div className="jp-ShipEnv-target">
        {ObjectField !== undefined && (
          <ObjectField
            {...props}
            schema={schema}
            required={false}
            uiSchema={{ ...withoutField(props.uiSchema), 'ui:title': titleOf(formData, trans) }}
          />
        )}
        <TestConnection formData={formData} defaultTarget={defaultTargetOf(props)} check={check} trans={trans} />
      </div>
    );
  }
  return function TargetsField(props: FieldProps): React.JSX.Element | null {
    const { ArrayField } = props.registry.fields;
    if (ArrayField === undefined) return null;
    return <ArrayField {...props} uiSchema={{ ...withoutField(props.uiSchema), items: { 'ui:field': TargetField } }} />;
  };
}

interface ITestConnectionProps {
  /** The values in the form. */
  readonly formData: unknown;
  /** Name of the default target. */
  readonly defaultTarget: string;
  readonly check: CheckTarget;
  readonly trans: TranslationBundle;
}

function TestConnection({ formData, defaultTarget, check, trans }: ITestConnectionProps): React.JSX.Element {
  const [state, setState] = React.useState<TargetCheckState>({ kind: 'idle' });
  const running = React.useRef<AbortController | null>(null);
  const target = targetIn(formData);
  // A result belongs to the tested target: another URL needs another test. JupyterLab saves a new form after a moment
  // and adds empty fields to it; that is still the same target.
  const fingerprint = JSON.stringify(target ?? formData);
  React.useEffect(() => {
    setState({ kind: 'idle' });
    return () => running.current?.abort();
  }, [fingerprint]);
  const test = async (): Promise<void> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState({ kind: 'testing' });
    const next = await outcomeOf(() => check(targetFrom(formData, trans), controller.signal));
    if (!controller.signal.aborted) setState(next);
  };
  const cancel = (): void => {
    running.current?.abort();
    setState({ kind: 'idle' });
  };
  const isDefault = target?.name === defaultTarget && defaultTarget !== '';
  return <TargetCheck state={state} isDefault={isDefault} onTest={() => void test()} onCancel={cancel} trans={trans} />;
}

async function outcomeOf(check: () => Promise<Probe>): Promise<TargetCheckState> {
  try {
    return { kind: 'good', probe: await check() };
  } catch (error) {
    return { kind: 'bad', error: toShipEnvError(error) };
  }
}

/** The target in the form, with empty fields completed; undefined when it is invalid. */
function targetIn(formData: unknown): TargetSettings | undefined {
  return targetSettings.safeParse(nameAndUrlIn(formData)).data;
}

function targetFrom(formData: unknown, trans: TranslationBundle): TargetSettings {
  const target = targetIn(formData);
  if (target !== undefined && target.url !== '') return target;
  throw new ShipEnvError('TARGET_URL_INVALID', trans.__('The target has no URL.'), {
    hint: trans.__('Write %1 into the field URL.', TARGET_URLS)
  });
}

/** The title of a target's form: JupyterLab would show its index. */
function titleOf(formData: unknown, trans: TranslationBundle): string {
  const { name = '' } = targetIn(formData) ?? {};
  return name === '' ? trans.__('New target') : name;
}

/** The default target in the form, saved or not. */
function defaultTargetOf(props: FieldProps): string {
  const context: unknown = props.formContext;
  const settings =
    context !== null && typeof context === 'object' && 'settings' in context ? context.settings : undefined;
  if (settings === null || typeof settings !== 'object' || !('composite' in settings)) return '';
  const { composite } = settings;
  if (composite === null || typeof composite !== 'object' || !('defaultTarget' in composite)) return '';
  return String(composite.defaultTarget);
}
