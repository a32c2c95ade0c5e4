/** The builder hands an imported SVG over as text. */
declare module '*.svg' {
  const text: string;
  export default text;
}
