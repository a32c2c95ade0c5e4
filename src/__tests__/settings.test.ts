import plugins from '@jupyterlab/settingregistry/lib/plugin-schema.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import schema from '../../schema/plugin.json' with { type: 'json' };
import { shipRequest } from '../../server/src/contract/index.js';
import { defaultTarget, parseSettings, requestFrom } from '../settings.js';
import { trans } from './trans.js';

/** The settings that the settings registry composes when the person has changed none. */
const defaults = Object.fromEntries(
  Object.entries(schema.properties).map(([name, { default: value }]) => [name, value])
);

const target = (name: string): object => ({ name, url: 'file:///x' });

describe('the settings', () => {
  it('make a valid request with their defaults', () => {
    const request = requestFrom(parseSettings(defaults, trans), trans);
    expect(shipRequest.parse({ ...request, python: '/venv/bin/python' })).toMatchObject({
      target: { name: 'local', url: 'file://~/.local/share/ship-env/target' },
      master: 'auto'
    });
  });

  it('complete a target that the form saved with some fields missing', () => {
    const settings = parseSettings({ ...defaults, targets: [target('a')], defaultTarget: 'a' }, trans);
    expect(defaultTarget(settings, trans)).toEqual({ kind: 'directory', name: 'a', url: 'file:///x', shared: false });
  });

  it('name the wrong setting', () => {
    expect(() => parseSettings({ ...defaults, targets: [{ name: 'a' }] }, trans)).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringContaining('targets[0].url') })
    );
  });

  it('name the known targets when the default is not among them', () => {
    const settings = parseSettings({ ...defaults, targets: [target('a'), target('b')], defaultTarget: 'c' }, trans);
    expect(() => defaultTarget(settings, trans)).toThrow(
      expect.objectContaining({ code: 'TARGET_UNKNOWN', message: expect.stringContaining('a, b') })
    );
  });

  it('refuse two targets with one name', () => {
    const settings = parseSettings({ ...defaults, targets: [target('a'), target('a')], defaultTarget: 'a' }, trans);
    expect(() => defaultTarget(settings, trans)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
  });
});

it('describes every setting to the person', () => {
  const all = { ...schema.properties, ...schema.definitions.target.properties };
  for (const [name, property] of Object.entries(all)) {
    expect(property, name).toMatchObject({
      title: expect.stringMatching(/./),
      description: expect.stringMatching(/\.$/)
    });
    expect(property, name).toHaveProperty('default');
  }
});

describe('the settings schema', () => {
  // Configured like the one in JupyterLab's settings registry, which itself needs a page.
  const ajv = new Ajv({ strict: false });
  const accepts = ajv.compile(schema);

  it('is valid for JupyterLab', () => {
    expect(ajv.validate(plugins, schema), JSON.stringify(ajv.errors)).toBe(true);
    expect(schema['jupyter.lab.toolbars'].Notebook).toEqual([{ name: 'ship-env', command: 'ship-env:ship', rank: 38 }]);
  });

  it('accepts settings that were saved before targets had kinds', () => {
    const flat = { ...schema.properties.targets.default[0], name: 'bucket', url: 's3://b/x', profile: 'team' };
    expect(accepts({ defaultTarget: 'bucket', targets: [flat], insertPosition: 'top' })).toBe(true);
  });

  it.each([{ target: 'bucket' }, { insertPosition: 'bottom' }, { targets: [{ name: 'a' }] }, { cacheLimit: -1 }])(
    'rejects %j',
    saved => {
      expect(accepts(saved)).toBe(false);
    }
  );
});
