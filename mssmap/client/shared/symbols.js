/*
 * Symbols are written "layer.state"; a layer that is on shows all its states.
 */

/** @param {string} symbol */
export const headOf = (symbol) => symbol.split(".")[0];

/**
 * Whether a symbol or its layer is among those that are on.
 * @param {Set<string>} on
 * @param {string} symbol
 */
export const isAmong = (on, symbol) => on.has(symbol) || on.has(headOf(symbol));
