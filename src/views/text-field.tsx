import * as React from 'react';
import { withoutField, type FieldProps, type FieldRenderer } from './form-fields.js';

/**
 * A text field of the settings form in which the empty text is a value.
 *
 * The stock field reports an emptied field as "no value". JupyterLab leaves it out of the settings file then, and the
 * default comes back.
 *
 * @param placeholder - what the empty field shows: what empty means
 */
export function emptyableTextField(placeholder: string): FieldRenderer {
  return function EmptyableTextField(props: FieldProps): React.JSX.Element | null {
    const { StringField } = props.registry.fields;
    if (StringField === undefined) return null;
    const uiSchema = { ...withoutField(props.uiSchema), 'ui:emptyValue': '', 'ui:placeholder': placeholder };
    // JupyterLab's form draws no label beside a field that is not one of its own.
    return (
      <div className="jp-ShipEnv-textField">
        <label className="jp-FormGroup-fieldLabel" htmlFor={props.idSchema.$id}>
          {props.schema.title}
        </label>
        {/* JupyterLab's style of an input goes by this class. */}
        <div className="jp-inputFieldWrapper">
          <StringField {...props} uiSchema={uiSchema} />
        </div>
      </div>
    );
  };
}
