/**
 * Python's text of a float. JSON of Python uses it (`float.__repr__`), and so do Python-looking reprs: a float is told
 * from an integer by its fraction or exponent, which `String(1)` lacks.
 */

/** `1.0`, `0.1`, `1e-05`, `1e+16`, `nan`, `inf`: as `repr()` of a Python float. */
export function formatPythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // float_repr_style 'short': fixed notation for exponents -4 to 15, where String() is fixed too.
  if (exponent >= -4 && exponent < 16) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
