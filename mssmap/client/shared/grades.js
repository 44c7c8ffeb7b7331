/*
 * Admiralty grades: a letter for the source, a digit for the information.
 */

export const LOWEST = "F6";

/**
 * Whether a grade reaches a threshold in reliability and in credibility; as evidence.passes.
 * @param {string} grade
 * @param {string} least
 */
export const passes = (grade, least) => least === LOWEST || (grade[0] <= least[0] && grade[1] <= least[1]);

/**
 * Information that is doubtful or worse.
 * @param {string | null | undefined} grade
 */
export const isWeak = (grade) => Boolean(grade && grade[1] >= "4");
