/** What the launcher tells a scenario: a market that stands, and how to speak to it. JSON; amounts as digits of fen. */
export interface Actor {
  /** Whom the prompter gives a token of. */
  login: string;
  /** The organisation he acts for. */
  party: string;
  /** The first one, and until when it may be used: later ones are the prompter's. */
  token: Token;
}
export interface Token {
  token: string;
  /** Epoch ms. */
  until: number;
}
export interface Lot {
  saleId: string;
  startFen: string;
  incrementFen: string;
  /** Who is admitted, in the order of their paddles: paddle 1 is the first. */
  bidders: number[];
  /** Who could still register, as long as there are such. */
  strangers: number[];
}
export interface Deal {
  patentNumber: string;
  seller: number;
  buyer: number;
}
export interface Given {
  url: string;
  /** Gives tokens, and moves the clock when everybody waits for it. */
  prompter: string;
  /** Route by type of every command and query. */
  routes: Record<string, string>;
  /** Before every idempotency key of this run. */
  run: string;
  seed: number;
  /** Iterations a second. */
  rate: number;
  durationS: number;
  /** Whether latencies, and what suffers with them, are judged: on a busy machine they tell of other things. */
  judgesLatency: boolean;
  actors: Actor[];
  /** Index of the desk among the actors. */
  desk: number;
  lots: Lot[];
  /** On which everybody bids. */
  hotLot: Lot | null;
  /** On which the platform gets warm before anything is judged. */
  warmLot: Lot | null;
  deals: Deal[];
}
