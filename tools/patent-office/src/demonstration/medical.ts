import { device, type Industry, method, subjects } from './industry.ts';

export const medical: Industry = {
  name: { zh: '医用卫材', en: 'medical supplies' },
  subjects: subjects(
    '防护口罩 protective mask, 手术衣 surgical gown, 医用敷料 wound dressing, 引流管 drainage tube, ' +
      '输液器 infusion set, 弹性绷带 elastic bandage, 无菌手套 sterile glove',
  ),
  patterns: [
    device(
      'B65B25/14 B65B57/10',
      ['{m}自动折叠包装机', 'Automatic folding and packing machine for {m}s'],
      [
        '折叠板与视觉检测联动，漏折产品在封口前剔除',
        'Folding plates work with a camera, and what is not folded leaves before sealing',
      ],
    ),
    method(
      'A61L15/46 D06M11/83',
      ['{m}用抗菌涂层的制备方法', 'Preparation method for antibacterial coatings on {m}s'],
      [
        '以植物多酚为中间层络合银离子，耐洗且缓慢释放',
        'Plant polyphenol binds the silver, which stays through washing and is released slowly',
      ],
    ),
    device(
      'B29C65/08 B06B1/02',
      ['{m}超声波焊接工位', 'Ultrasonic welding station for {m}s'],
      [
        '焊头压力随材料厚度闭环调节，焊缝强度一致',
        'The pressure of the horn follows the thickness, so every seam is as strong',
      ],
    ),
    method(
      'A61L2/20 G01N30/02',
      ['{m}灭菌残留的快速解析方法', 'Rapid aeration method for sterilising residues in {m}s'],
      [
        '脉冲真空与温湿度程序配合，缩短解析时间',
        'Pulses of vacuum with a course of heat and moisture shorten the time it takes',
      ],
    ),
    device(
      'G01M3/26 G01N15/08',
      ['{m}的密合性检测装置', 'Tightness tester for {m}s'],
      [
        '由压力衰减曲线拟合泄漏率，并自动判定等级',
        'The leak rate is fitted to the fall of pressure, and the grade follows by itself',
      ],
    ),
    method(
      'C08L67/04 A61L31/06',
      ['可降解{m}材料及其制备方法', 'Degradable material for {m}s and method of making it'],
      [
        '共混体系经原位增容，韧性与降解周期可调',
        'The blend is made compatible in place, with toughness and lifetime set by its composition',
      ],
    ),
    method(
      'G06K19/06 G16H40/20',
      ['{m}的全程追溯方法', 'Traceability method for {m}s from plant to patient'],
      [
        '在生产线上赋码并逐级关联包装，扫码即可核验批次与有效期',
        'Codes given on the line are tied to each package, and one scan verifies lot and date',
      ],
    ),
    device(
      'A61B50/30 B65D85/00',
      ['{m}的无菌取用盒', 'Dispenser box that keeps {m}s sterile'],
      [
        '取用口设有自闭合弹性瓣，剩余物品保持无菌屏障',
        'An elastic flap closes the opening by itself and keeps what is left sterile',
      ],
    ),
  ],
};

/** Designs: the product, its Locarno class, and what is new about how it looks. */
export const products = [
  { locarno: '15-03', name: { zh: '拖拉机', en: 'Tractor' } },
  { locarno: '15-99', name: { zh: '掘进机', en: 'Roadheader' } },
  { locarno: '08-03', name: { zh: '切割工具', en: 'Cutting tool' } },
  { locarno: '09-03', name: { zh: '食品包装盒', en: 'Food package' } },
  { locarno: '13-02', name: { zh: '储能柜', en: 'Energy storage cabinet' } },
  { locarno: '24-02', name: { zh: '医用推车', en: 'Medical trolley' } },
  { locarno: '14-02', name: { zh: '工业控制终端', en: 'Industrial control terminal' } },
  { locarno: '10-05', name: { zh: '粮情检测仪', en: 'Grain condition meter' } },
] as const;
export const appearances = [
  { zh: '流线型', en: 'streamlined' },
  { zh: '折面型', en: 'faceted' },
  { zh: '模块化', en: 'modular' },
  { zh: '圆角型', en: 'rounded' },
  { zh: '环纹', en: 'ring-patterned' },
  { zh: '双色', en: 'two-tone' },
] as const;
