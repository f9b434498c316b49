import { Refused } from '@yuzhi/protocol/refused';

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
