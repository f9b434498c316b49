import { readFileSync } from 'node:fs';
import { toCapital } from '@yuzhi/money/capital';
import { formatYuan } from '@yuzhi/money/format';
import { Liquid } from 'liquidjs';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { type ContractDocument, escapeMarkup, parseMarkup } from './contract-document.ts';
import { amountsOf, TransferContractInput } from '../domain/transfer-contract.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const dateParts = (date: string) => date.split('-').map(Number) as [number, number, number];

const FILTERS = {
  yuan: (fen: string) => formatYuan(BigInt(fen)),
  capital: (fen: string) => toCapital(BigInt(fen)),
  percent: (bps: number) => `${bps / 100}%`,
  zhDate(date: string) {
    const [year, month, day] = dateParts(date);
    return `${year}年${month}月${day}日`;
  },
  enDate(date: string) {
    const [year, month, day] = dateParts(date);
    return `${day} ${MONTHS[month - 1]} ${year}`;
  },
};

/** No file system and no prototypes; a variable or filter that is missing stops the contract. */
function strictLiquid(): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictVariables: true,
    strictFilters: true,
    outputEscape: escapeMarkup,
    templates: {},
  });
  for (const [name, filter] of Object.entries(FILTERS)) liquid.registerFilter(name, filter);
  return liquid;
}

const liquid = strictLiquid();

type Template = TransferContractInput['template'];

/** Throws ENOENT for a version that was never published. */
const sourceOf = ({ id, version }: Template): string =>
  readFileSync(new URL(`../../templates/${id}/${version}.liquid`, import.meta.url), 'utf8');

/** Everything the signatures bind: what was agreed, and by the digest of its template the words it was agreed in. */
const contentOf = (contract: TransferContractInput): string =>
  canonicalJson({ contract, templateSha256: sha256(sourceOf(contract.template)) });

/** SHA-256 of the contract's canonical content, lower-case hex. Throws ZodError on an invalid contract. */
export const contentHash = (contract: TransferContractInput): string =>
  sha256(contentOf(TransferContractInput.parse(contract)));

/** Fills a template's source. Throws where a variable or filter is missing, or a value is not one line of text. */
export const fillTemplate = (source: string, scope: object): string => liquid.parseAndRenderSync(source, scope);

/** The contract in both languages. Throws ZodError on an invalid contract; the same input gives the same document. */
export function renderTransferContract(input: TransferContractInput): ContractDocument {
  const contract = TransferContractInput.parse(input);
  const content = contentOf(contract);
  const burdened = (kind: string) => contract.encumbrances.some((e) => e.kind === kind);
  const live = { pledged: burdened('pledge'), openLicensed: burdened('open-licence') };
  const scope = { ...contract, amounts: amountsOf(contract), live };
  return {
    number: contract.contractNumber,
    platform: contract.platform,
    datedOn: contract.datedOn,
    contentHash: sha256(content),
    content,
    blocks: parseMarkup(fillTemplate(sourceOf(contract.template), scope)),
  };
}
