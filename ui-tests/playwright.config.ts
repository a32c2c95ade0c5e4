import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { folders } from './support/folders.js';

/**
 * Browser stories on real parts: the built wheel in its own JupyterLab, a kernel in another virtual environment, Spark
 * executors, an S3 server. One JupyterLab serves all of them, so they run one after the other.
 */
export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  // Long enough for a JVM on a machine of two cores; a test that hangs still ends.
  timeout: 600_000,
  expect: { timeout: 120_000 },
  reporter: [['list']],
  // This test comes first, since the first ship of a run builds everything and shows its progress.
  projects: [
    { name: 'ship', testMatch: 'ship.spec.ts' },
    { name: 'around', testIgnore: 'ship.spec.ts' }
  ],
  use: {
    baseURL: `http://127.0.0.1:${process.env['SHIP_ENV_UI_PORT'] ?? ''}`,
    // The longest of these actions waits for the end of a cell.
    actionTimeout: 180_000,
    viewport: { width: 1280, height: 800 },
    video: 'off',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  webServer: {
    command: 'node support/start-lab.mjs',
    cwd: import.meta.dirname,
    env: { SHIP_ENV_UI_FOLDER: folders.work },
    stdout: 'pipe',
    // JupyterLab chooses a free port and prints it; the group's name becomes an environment variable of the tests.
    wait: { stdout: /JupyterLab listens on port (?<ship_env_ui_port>\d+)/ },
    // The first run installs two virtual environments.
    timeout: 900_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 60_000 }
  },
  globalTeardown: join(import.meta.dirname, 'support', 'teardown.ts')
});
