/** What is asked for cannot be made. Nothing was written then. */
export class Refused extends Error {
  constructor(zh, en) {
    super(`${zh}\n${en}`);
  }
}

const RESERVED = new Set(
  `abstract all analyse analyze and any array as asc async await between both break case cast catch check class
  collate column const constraint continue create current date debugger default delete desc distinct do else
  end enum event export extends false fetch finally for foreign from function grant group having if import in
  index initially instanceof interface into join let limit new not null offset on only or order outer package
  partition primary private protected public record references return select session set static string super
  switch system table then this throw to trailing true try type typeof union unique user using values var void
  when where while window with yield`.split(/\s+/),
);
const WORD = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Throws when a word cannot stand in a type or a topic. */
export function checkWord(what, word) {
  if (!WORD.test(word) || word.length > 40) {
    throw new Refused(
      `「${word}」不能作为${what.zh}：须为小写字母、数字与连字符，以字母开头，至多 40 字符。`,
      `"${word}" cannot be ${what.en}: lower-case letters, digits and hyphens, a letter first, at most 40 characters.`,
    );
  }
}

/** The same of what also becomes a file, a table and a name in the code. */
export function checkName(what, word) {
  checkWord(what, word);
  if (!RESERVED.has(word)) return;
  throw new Refused(
    `「${word}」不能作为${what.zh}：它是 TypeScript 或 SQL 的保留字。`,
    `"${word}" cannot be ${what.en}: it is a reserved word of TypeScript or SQL.`,
  );
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);
export const pascal = (words) => words.split('-').map(capital).join('');
export const camel = (words) => words.split('-').reduce((all, word) => all + capital(word));
export const snake = (words) => words.replaceAll('-', '_');
export const spaced = (words) => words.replaceAll('-', ' ');
