import { device, type Industry, method, subjects } from './industry.ts';

export const machinery: Industry = {
  name: { zh: '装备制造', en: 'machinery' },
  subjects: subjects(
    '球磨机 ball mill, 矿井提升机 mine hoist, 盾构机 tunnel boring machine, 带式输送机 belt conveyor, ' +
      '门式起重机 gantry crane, 轮式拖拉机 wheeled tractor, 掘进机 roadheader, 立式磨机 vertical mill',
  ),
  patterns: [
    device(
      'F16H1/28 F16H57/04',
      ['{m}用行星减速器', '{m} planetary reducer'],
      [
        '行星架采用分体式结构，太阳轮浮动安装，各行星轮之间的载荷自动均衡',
        'A split carrier with a floating sun gear balances the load between the planet gears by itself',
      ],
    ),
    device(
      'F16N7/38 F16C33/66',
      ['{m}主轴承的在线润滑装置', 'On-line lubrication device for {m} main bearings'],
      [
        '根据轴承温升和转速调节供油脉冲，并由回油颗粒计数判断磨损',
        'Oil pulses follow the temperature and speed of the bearing, and particles in the return oil reveal wear',
      ],
    ),
    method(
      'G01M13/021 G06F18/24',
      ['{m}齿轮箱的故障诊断方法', 'Fault diagnosis method for {m} gearboxes'],
      [
        '将振动信号按转角重采样，提取阶次特征后由小样本分类器给出故障类型',
        'Vibration is resampled by shaft angle, and a few-shot classifier names the fault from its orders',
      ],
    ),
    method(
      'F15B21/14 F15B11/08',
      ['{m}液压系统的节能控制方法', 'Energy-saving control method for {m} hydraulic systems'],
      [
        '利用蓄能器回收制动能量，并按负载预测提前设定泵的排量',
        'An accumulator recovers braking energy, and the pump is set ahead by the load that is predicted',
      ],
    ),
    method(
      'C21D10/00 B23K31/00',
      ['{m}焊接机架的残余应力消除方法', 'Residual stress relief method for welded {m} frames'],
      [
        '以多点谐波振动代替整体退火，根据实时应变确定停振时刻',
        'Harmonic vibration at several points replaces annealing and ends when the measured strain says so',
      ],
    ),
    device(
      'F16H7/08',
      ['{m}传动链的自动张紧装置', 'Automatic tensioner for {m} drive chains'],
      [
        '碟簧组与液压缸并联，链条伸长时按设定力补偿并锁止回退',
        'Disc springs beside a cylinder take up the elongation at a set force and lock against return',
      ],
    ),
    method(
      'B23K26/34 B22F10/25',
      ['{m}易损件的激光熔覆修复方法', 'Laser cladding repair method for {m} wear parts'],
      [
        '先扫描磨损轮廓生成变层厚路径，再以铁基合金粉末逐层熔覆',
        'The worn contour is scanned into a path of varying layers, clad one by one from iron-based powder',
      ],
    ),
    device(
      'F16J15/447',
      ['{m}的迷宫式防尘密封结构', 'Labyrinth dust seal for {m} shafts'],
      [
        '在迷宫腔内设置正压气幕，粉尘沿导流槽排出而不进入轴承室',
        'A curtain of compressed air in the labyrinth drives dust out along a groove, away from the bearing',
      ],
    ),
  ],
};

export const superhard: Industry = {
  name: { zh: '超硬材料', en: 'superhard materials' },
  subjects: subjects(
    '金刚石 diamond, 立方氮化硼 cubic boron nitride, 聚晶金刚石 polycrystalline diamond, 碳化硼 boron carbide, ' +
      '金刚石微粉 diamond micropowder, 多晶立方氮化硼 polycrystalline boron nitride, 硼掺杂金刚石 boron-doped diamond',
  ),
  patterns: [
    method(
      'C09K3/14 C25D5/54',
      ['{m}磨料的表面镀覆方法', 'Surface coating method for {m} abrasives'],
      [
        '磨料经活化后先镀过渡层再化学镀镍，镀层增重由温度曲线控制',
        'Activated grains take an interlayer and then electroless nickel, the gain in weight set by temperature',
      ],
    ),
    device(
      'B24D3/06 B24D5/12',
      ['{m}金属结合剂砂轮', 'Metal-bonded {m} grinding wheel'],
      [
        '工作层沿周向分区设置气孔，磨屑经冷却槽排出，结合剂按梯度配比',
        'Pores in sectors around the rim let chips out through coolant slots, in a bond of graded composition',
      ],
    ),
    method(
      'B24D18/00 B24D3/28',
      ['{m}树脂砂轮的热压成型方法', 'Hot pressing method for resin-bonded {m} wheels'],
      [
        '分段加压并在放气阶段测量模腔位移，以位移拐点确定固化起点',
        'Pressure rises in stages, and the bend in the mould travel while venting marks the start of curing',
      ],
    ),
    device(
      'B28D5/04 B24D11/00',
      ['电镀{m}切割线', 'Electroplated {m} cutting wire'],
      [
        '芯线表面的磨粒按螺旋带分布，两带之间留出容屑空间',
        'The grains sit on the core in helical bands, with room for chips between two of them',
      ],
    ),
    method(
      'B01J3/06 C30B29/04',
      ['{m}高温高压合成的压力标定方法', 'Pressure calibration method for {m} synthesis'],
      [
        '在合成块中布置两种相变标样，由电阻突变反推腔体内的压力分布',
        'Two phase-change standards in the cell give the pressure inside from the jumps of their resistance',
      ],
    ),
    device(
      'B23B27/14 B22F7/06',
      ['{m}复合刀片', '{m} composite cutting insert'],
      [
        '刀尖处复合层局部加厚并开设断屑槽，基体与复合层以波形界面结合',
        'The layer is thicker at the tip and has a chip breaker; a wavy interface holds it to the substrate',
      ],
    ),
    method(
      'B07B13/08 G01N15/14',
      ['{m}颗粒的晶形分选方法', 'Crystal shape sorting method for {m} grains'],
      [
        '由多角度图像计算颗粒的等积形因子，并以气流逐粒分入多个料仓',
        'Images from several angles yield a shape factor, and an air jet sends grain by grain into its bin',
      ],
    ),
    method(
      'C22C26/00 C22C1/05',
      ['{m}增强铜基散热片的制备方法', 'Preparation method for {m}-reinforced copper heat spreaders'],
      [
        '颗粒表面形成碳化物薄层后与铜粉放电等离子烧结，界面热阻降低',
        'Grains with a thin carbide layer are spark plasma sintered with copper, so the interface resists less heat',
      ],
    ),
  ],
};
