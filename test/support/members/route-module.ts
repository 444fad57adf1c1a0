/** Routes of another module, as `taskRoutes` names it. */
export default { c: 'of-module' };
