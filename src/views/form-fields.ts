import type { IFormRenderer } from '@jupyterlab/ui-components';
import type * as React from 'react';

/** The type of a field that an extension adds to JupyterLab's settings form. */
export type FieldRenderer = NonNullable<IFormRenderer['fieldRenderer']>;
export type FieldProps = React.ComponentProps<FieldRenderer>;

/**
 * The schema without our field, so that the form draws its stock field: with `ui:field` our field would render itself
 * endlessly.
 */
export function withoutField(uiSchema: FieldProps['uiSchema']): FieldProps['uiSchema'] {
  const { 'ui:field': _, ...rest } = uiSchema ?? {};
  return rest;
}
