import type { IFormRenderer } from '@jupyterlab/ui-components';
import type * as React from 'react';

/** A field of JupyterLab's settings form, as an extension may give one. */
export type FieldRenderer = NonNullable<IFormRenderer['fieldRenderer']>;
export type FieldProps = React.ComponentProps<FieldRenderer>;

/** What is left makes the form draw its stock field: with `ui:field` our field would draw itself without end. */
export function withoutField(uiSchema: FieldProps['uiSchema']): FieldProps['uiSchema'] {
  const { 'ui:field': _, ...rest } = uiSchema ?? {};
  return rest;
}
