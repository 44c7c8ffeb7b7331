/*
 * Rules of our own for `deno lint`.
 */

const MOST_LINES = 60;

/** No function is longer than a screen. */
const shortFunctions = {
  create(context) {
    const check = (node) => {
      const lines = context.sourceCode.getText(node).split("\n").length;
      const message = `A function of ${lines} lines, at most ${MOST_LINES} are allowed. Split it.`;
      if (lines > MOST_LINES) context.report({ node, message });
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
  },
};

const WINDOWS = ["window", "globalThis", "self", "parent", "top", "host"];

/** The last name before the dot: `host` of `bus.host.x`. */
const ownerOf = ({ object }) => (object.type === "MemberExpression" ? object.property.name : object.name);

/** Nothing is left on a window: parts speak by the bus. */
const noGlobals = {
  create(context) {
    return {
      AssignmentExpression(node) {
        const { left } = node;
        if (left.type !== "MemberExpression" || !WINDOWS.includes(ownerOf(left))) return;
        if (left.object.type === "ThisExpression") return;
        context.report({ node, message: "A name on window. Tell it by shared/bus.js, or export it." });
      },
    };
  },
};

export default { name: "mssmap", rules: { "short-functions": shortFunctions, "no-globals": noGlobals } };
