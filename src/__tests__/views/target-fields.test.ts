import { expect, it } from 'vitest';
import schema from '../../../schema/plugin.json' with { type: 'json' };
import { isShown } from '../../views/target-fields.js';

const S3 = ['endpoint', 'region', 'pathStyle', 'profile'];

function shown(formData: unknown): string[] {
  return Object.keys(schema.definitions.target.properties).filter(field => isShown(field, formData));
}

it.each<[string, unknown, string[]]>([
  ['nothing is filled in', {}, []],
  ['there is no form data', undefined, []],
  ['the URL is half written', { url: 's3:' }, []],
  ['the URL belongs to no kind', { url: 'ftp://host/x', profile: 'team' }, []],
  ['it is a directory', { name: undefined, url: 'file:///x', endpoint: '', pathStyle: false }, ['shared']],
  ['it is a bucket', { url: 's3://bucket/x', shared: false }, S3],
  ['it is a bucket in the spelling of Hadoop', { url: ' S3A://bucket/x' }, S3],
  ['it is a folder of HDFS', { url: 'hdfs://cluster/x', shared: false }, []],
  ['a directory has a field of S3 that is filled in', { url: 'file:///x', profile: 'team' }, ['profile', 'shared']],
  ['a bucket is shared', { url: 's3://bucket', shared: true }, [...S3, 'shared']]
])('the form of a target shows the fields of its kind: %s', (_, formData, fields) => {
  expect(shown(formData)).toEqual(['name', 'url', ...fields]);
});
