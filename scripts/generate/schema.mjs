/** schema/plugin.json: the settings for JupyterLab's form, and the place of the button. */

import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

/** @typedef {import('./declarations.mjs').Declarations} Declarations */
/** @typedef {{ readonly [key: string]: unknown }} Json */

/** In the order in which a person reads them. */
const KEYS = [
  'type',
  'title',
  'description',
  'additionalProperties',
  'required',
  'minimum',
  'oneOf',
  'items',
  'properties',
  'default'
];

/** What JupyterLab needs besides the settings. */
const EXTENSION = {
  title: 'Ship env to cluster',
  description: "Where the environment of a notebook's kernel goes, and what Spark is told about it.",
  'jupyter.lab.setting-icon': 'ship-env:ship',
  'jupyter.lab.setting-icon-label': 'Ship env to cluster',
  'jupyter.lab.toolbars': { Notebook: [{ name: 'ship-env', command: 'ship-env:ship', rank: 38 }] }
};

/**
 * @param {Declarations} declarations
 * @returns {Promise<string>}
 */
export async function settingsSchema(declarations) {
  const properties = Object.fromEntries(
    declarations.SETTINGS.map(([name, setting]) => [name, settingOf(name, setting, declarations)])
  );
  const schema = {
    ...EXTENSION,
    type: 'object',
    additionalProperties: false,
    definitions: { target: targetOf(declarations) },
    properties
  };
  // Only here: this module is read before `npm ci` has run.
  const { format, resolveConfig } = await import('prettier');
  const path = join(paths.root, 'schema', 'plugin.json');
  return format(JSON.stringify(schema), { ...(await resolveConfig(path)), filepath: path });
}

/**
 * @param {string} name
 * @param {import('../../server/src/contract/index.js').Setting} setting
 * @param {Declarations} declarations
 */
function settingOf(name, { type, title, description, choices }, declarations) {
  /** @type {Json} */
  const schema = { ...jsonSchemaOf(type, declarations), title, description };
  if (name === 'targets') {
    const fields = Object.entries(fieldsOfAll(declarations)).map(([field, schemaOfField]) => [
      field,
      schemaOfField['default']
    ]);
    const targets = /** @type {Json[]} */ (schema['default']).map(target => ({
      ...Object.fromEntries(fields),
      ...target
    }));
    return ordered({ ...schema, items: { $ref: '#/definitions/target' }, default: targets });
  }
  if (choices === undefined) {
    return ordered(schema);
  }
  const { enum: values, ...rest } = schema;
  const oneOf = /** @type {string[]} */ (values).map(value => ({ const: value, title: choices[value] }));
  return ordered({ ...rest, oneOf });
}

/**
 * One form for all targets, whatever their kind: the person has not written a URL yet when it opens.
 *
 * @param {Declarations} declarations
 */
function targetOf(declarations) {
  const properties = fieldsOfAll(declarations);
  return { type: 'object', additionalProperties: false, required: ['name', 'url'], default: {}, properties };
}

/**
 * @param {Declarations} declarations
 * @returns {Record<string, Json>}
 */
function fieldsOfAll(declarations) {
  const { TARGET_KINDS, TARGET_URLS, fieldsOf } = declarations;
  const kinds = /** @type {(keyof typeof TARGET_KINDS)[]} */ (Object.keys(TARGET_KINDS));
  const own = kinds.flatMap(kind =>
    Object.entries(fieldsOf(kind)).map(([name, type]) => {
      const { description, ...rest } = jsonSchemaOf(type, declarations);
      return [name, ordered({ ...rest, description: `${TARGET_KINDS[kind].only}. ${String(description)}` })];
    })
  );
  const text = (/** @type {string} */ title, /** @type {string} */ description) => ({
    type: 'string',
    title,
    description,
    default: ''
  });
  return {
    name: text('Name', 'What you call it.'),
    url: text('URL', `${TARGET_URLS}. The executors must be able to read it.`),
    ...Object.fromEntries(own)
  };
}

/**
 * @param {import('zod').ZodType} type
 * @param {Declarations} declarations
 * @returns {Json}
 */
function jsonSchemaOf(type, { zod }) {
  // The schema of what a person writes, not of what it is parsed to.
  const { $schema: _, ...schema } = zod.toJSONSchema(type, { io: 'input' });
  return schema;
}

/**
 * @param {Json} schema
 * @returns {Json}
 */
function ordered(schema) {
  const { items, ...rest } = schema;
  const all = items === undefined ? rest : { ...rest, items: ordered(/** @type {Json} */ (items)) };
  const place = (/** @type {string} */ key) => (KEYS.includes(key) ? KEYS.indexOf(key) : KEYS.length);
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => place(a) - place(b)));
}
