import { codeRules } from './code-rules.ts';
import { fileRules } from './file-rules.ts';
import type { Finding, SourceFile } from './source-file.ts';

/** Everything that is not as `CONTRIBUTING.md` wants it. */
export const findings = (files: SourceFile[]): Finding[] =>
  files.flatMap((file) => [...fileRules, ...codeRules].flatMap((rule) => rule(file)));

export const printed = ({ path, line, rule, says }: Finding): string => `${path}:${line} ${rule}: ${says}`;
