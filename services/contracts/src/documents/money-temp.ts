import Nzh from 'nzh';
const cn = (Nzh as any).cn;
export const formatYuan = (fen: bigint) =>
  `${String(fen / 100n).replace(/\B(?=(\d{3})+$)/g, ',')}.${String(fen % 100n).padStart(2, '0')}`;
export const toCapital = (fen: bigint) =>
  cn.toMoney(`${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`).replace(/^人民币/, '');
