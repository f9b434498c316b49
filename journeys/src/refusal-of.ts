import { Refused } from '@yuzhi/protocol/refused';

/** Does what may have been done already, which is then told by `code`. */
export async function atMostOnce(code: string, act: Promise<unknown>): Promise<void> {
  const refused = await refusalOf(act);
  if (refused !== 'accepted' && refused !== code) throw new Error(`refused: ${refused}`);
}

/** The code by which something is refused; `accepted` where it is not. */
export async function refusalOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return 'accepted';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}
