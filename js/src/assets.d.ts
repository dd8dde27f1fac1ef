/** Icons are imported as text; the bundler's loader and the tests' plugin agree on this. */
declare module "*.svg" {
  const text: string;
  export default text;
}
declare module "*.css";
