import { personOf } from '@yuzhi/chassis/issuers';
import { CONFIG, READER } from '@yuzhi/chassis/service';
import type { Reader } from '@yuzhi/database/store';
import { type Follow, follow } from '@yuzhi/messaging/decision';
import type { Errand, Pending } from '@yuzhi/messaging/errands';
import { derivedId } from '@yuzhi/messaging/ids';
import { foundPlatform, registerPerson } from '@yuzhi/protocol/identity';
import { Inject, Injectable } from '@nestjs/common';
import { Credentials } from './credentials.ts';
import { type IdentityConfig, isEmbedded } from './identity.config.ts';

/** Founds the operator's own organisation once: somebody must be there to verify the others. */
@Injectable()
export class FoundPlatform implements Errand<string> {
  readonly name = 'found-platform';

  constructor(
    @Inject(READER) private readonly reader: Reader,
    @Inject(CONFIG) private readonly config: IdentityConfig,
    private readonly credentials: Credentials,
  ) {}

  async pending(): Promise<Pending<string>[]> {
    const { platformUscc } = this.config;
    const { rowCount } = await this.reader.query('select from organisation where uscc = $1', [platformUscc]);
    return rowCount ? [] : [{ id: platformUscc, attempt: 0, task: platformUscc }];
  }

  async run(uscc: string): Promise<Follow[]> {
    const { platformName: name, platformNameEn: nameEn, platformRegion: region } = this.config;
    const { platformAddress: address, platformRepresentative: legalRepresentative } = this.config;
    const administrator = await this.#administrator(uscc);
    const said = { name, nameEn, region, address, legalRepresentative };
    return [
      follow(registerPerson, administrator, { person: administrator, name: '平台管理员' }),
      follow(foundPlatform, uscc, { uscc, ...said, kind: 'platform', administrator }),
    ];
  }
  /** @returns his person's id, after which he can sign in */
  async #administrator(uscc: string): Promise<string> {
    const { issuerUrl, platformAdmin, platformAdminPassword, platformAdminSubject } = this.config;
    if (!isEmbedded(this.config)) return personOf(issuerUrl, platformAdminSubject!);
    const administrator = derivedId('platform administrator', uscc);
    const kept = await this.credentials.keep(administrator, platformAdmin!, platformAdminPassword!);
    if (!kept) throw new Error(`the login name ${platformAdmin} is somebody else's`);
    return administrator;
  }
}
