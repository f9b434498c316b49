import { device, type Industry, method, subjects } from './industry.ts';

export const food: Industry = {
  name: { zh: '食品加工', en: 'food processing' },
  subjects: subjects(
    '挂面 dried noodle, 速冻水饺 frozen dumpling, 馒头 steamed bun, 红枣 jujube, 铁棍山药 yam, ' +
      '香菇 shiitake, 芝麻 sesame, 花生 peanut',
  ),
  patterns: [
    method(
      'A23B2/90 A23B7/02',
      ['{m}制品的分段真空干燥方法', 'Staged vacuum drying method for {m} products'],
      [
        '按含水率切换真空度与微波功率，中心温度始终低于设定值',
        'Vacuum and microwave power change with the moisture, and the core stays below a set temperature',
      ],
    ),
    device(
      'B07C5/342 B07C5/36',
      ['{m}色选分级装置', 'Colour sorting device for {m}'],
      [
        '双侧线阵相机识别异色与破损，喷嘴阵列按轨迹提前量剔除次品',
        'Line cameras on both sides find odd colours and breakage, and nozzles blow rejects out in time',
      ],
    ),
    method(
      'A23B2/70 B65B31/02',
      ['延长{m}货架期的气调包装方法', 'Modified-atmosphere packing method that keeps {m} longer'],
      [
        '包装内气体比例按呼吸速率模型确定，并以缓释膜维持',
        'A model of respiration sets the gas in the pack, and a slow-release film keeps it there',
      ],
    ),
    method(
      'A23L33/21 A23L5/30',
      ['利用{m}副产物制备膳食纤维的方法', 'Method of making dietary fibre from {m} by-products'],
      [
        '副产物经瞬时蒸汽爆破后酶解，可溶性膳食纤维的得率提高',
        'Steam explosion before the enzymes raises the yield of soluble fibre from what is left over',
      ],
    ),
    method(
      'G01N21/65 G01N1/34',
      ['{m}中农药残留的快速检测方法', 'Rapid test method for pesticide residues in {m}'],
      [
        '以银纳米基底富集目标物，拉曼谱图经基线校正后定量',
        'A silver nanostructure gathers the residue, and its Raman spectrum is measured after correction',
      ],
    ),
    device(
      'A23P30/10 A21C11/16',
      ['{m}成型设备的柔性供料机构', 'Flexible feeding mechanism for {m} forming machines'],
      [
        '供料辊由独立伺服驱动，按称重反馈修正每份物料的重量',
        'Servo rollers feed each portion and correct its weight by what the scale reports',
      ],
    ),
    method(
      'A23L27/10 A23L27/20',
      ['以{m}为原料的调味基料及其制备方法', 'Seasoning base from {m} and method of making it'],
      [
        '酶解液经控温美拉德反应增香，再以喷雾干燥包埋风味物质',
        'A controlled Maillard reaction gives the hydrolysate its aroma, which spray drying encloses',
      ],
    ),
    device(
      'C02F9/00 C02F3/28',
      ['{m}加工废水的资源化处理系统', 'Resource recovery system for {m} processing water'],
      [
        '厌氧段产生的沼气供热，出水中的氮磷以结晶方式回收',
        'Biogas from the anaerobic stage gives heat, and nitrogen and phosphorus are won as crystals',
      ],
    ),
  ],
};

export const biology: Industry = {
  name: { zh: '生物医药', en: 'biology' },
  subjects: subjects(
    '地黄 rehmannia, 怀菊花 chrysanthemum, 金银花 honeysuckle, 冬凌草 rabdosia, 杜仲 eucommia, ' +
      '丹参 salvia, 连翘 forsythia, 牛膝 achyranthes',
  ),
  patterns: [
    method(
      'C08B37/00 A61K36/00',
      ['{m}多糖的提取纯化方法', 'Extraction and purification method for {m} polysaccharides'],
      [
        '低共熔溶剂提取后以膜分级，去除蛋白的同时保持分子量分布',
        'A deep eutectic solvent and graded membranes remove protein and keep the spread of molecular weight',
      ],
    ),
    method(
      'C12N1/20 A01N63/22',
      ['促进{m}生长的根际菌剂及其应用', 'Rhizosphere inoculant that makes {m} grow, and its use'],
      [
        '由两株互利的芽孢杆菌复配，可在连作土壤中定殖并抑制病原菌',
        'Two bacilli that help each other settle in tired soil and keep pathogens down',
      ],
    ),
    method(
      'A01H4/00',
      ['{m}脱毒组培苗的快速繁育方法', 'Rapid propagation method for virus-free {m} plantlets'],
      [
        '茎尖经变温处理后接种，间歇浸没培养缩短生根时间',
        'Shoot tips are treated at changing temperatures, and intermittent immersion makes them root sooner',
      ],
    ),
    method(
      'C12P19/44 C12P17/06',
      ['{m}有效成分的酶法转化工艺', 'Enzymatic conversion process for {m} constituents'],
      [
        '固定化糖苷酶在连续流反应器中转化苷类成分，酶可重复使用',
        'Glycosidase on a carrier converts the glycosides in continuous flow and is used again',
      ],
    ),
    method(
      'C12Q1/6895 C12N15/11',
      ['鉴别{m}种质的分子标记及引物组', 'Molecular markers and primers that tell {m} germplasm apart'],
      [
        '由重测序数据筛选多态位点，一次扩增即可区分主要产区的种质',
        'Polymorphic sites from resequencing tell the main growing areas apart in one amplification',
      ],
    ),
    method(
      'A61K36/00 A61P39/06',
      ['含{m}提取物的抗氧化组合物', 'Antioxidant composition with {m} extract'],
      [
        '提取物与载体形成纳米胶束，在模拟胃液中保持稳定',
        'The extract and its carrier form micelles that stay stable in simulated gastric fluid',
      ],
    ),
    method(
      'G01N30/88 G01N30/06',
      ['{m}药材指纹图谱的检测方法', 'Fingerprint test method for {m} as a medicine'],
      [
        '以特征峰比值判定产地与采收期，无需逐一使用对照品',
        'Ratios of characteristic peaks tell origin and harvest time without a standard for each of them',
      ],
    ),
    device(
      'A61J3/00 B02C18/10',
      ['{m}饮片的低温粉碎装置', 'Low-temperature grinding device for {m} slices'],
      [
        '液氮经夹套循环，粉碎腔内温度与粒度由闭环调节',
        'Liquid nitrogen in the jacket holds the temperature, and the grain size is controlled in a loop',
      ],
    ),
  ],
};
