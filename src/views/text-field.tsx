import * as React from 'react';
import { withoutField, type FieldProps, type FieldRenderer } from './form-fields.js';

/**
 * A text field of the settings form that accepts the empty text as a value.
 *
 * The stock field reports an emptied field as "no value". Then JupyterLab leaves it out of the settings file, and the
 * default returns.
 *
 * @param placeholder - the text in the empty field: the meaning of an empty value
 */
export function emptyableTextField(placeholder: string): FieldRenderer {
  return function EmptyableTextField(props: FieldProps): React.JSX.Element | null {
    const { StringField } = props.registry.fields;
    if (StringField === undefined) return null;
    const uiSchema = { ...withoutField(props.uiSchema), 'ui:emptyValue': '', 'ui:placeholder': placeholder };
    // JupyterLab's form draws no label beside a field of an extension.
    return (
      <div className="jp-ShipEnv-textField">
        <label className="jp-FormGroup-fieldLabel" htmlFor={props.idSchema.$id}>
          {props.schema.title}
        </label>
        {/* JupyterLab styles an input by this class. */}
        <div className="jp-inputFieldWrapper">
          <StringField {...props} uiSchema={uiSchema} />
        </div>
      </div>
    );
  };
}
