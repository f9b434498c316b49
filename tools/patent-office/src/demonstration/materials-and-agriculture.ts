import { device, type Industry, method, subjects } from './industry.ts';

export const metals: Industry = {
  name: { zh: '金属材料', en: 'metals' },
  subjects: subjects(
    '高强铝合金 high-strength aluminium alloy, 镁合金 magnesium alloy, 钛合金 titanium alloy, ' +
      '高导铜合金 high-conductivity copper alloy, 镍基合金 nickel-based alloy, 铝锂合金 aluminium-lithium alloy, ' +
      '锌合金 zinc alloy',
  ),
  patterns: [
    method(
      'C22F1/00 B21B3/00',
      ['{m}板材的形变热处理方法', 'Thermomechanical treatment method for {m} sheet'],
      ['预拉伸与双级时效配合，析出相细小均匀', 'Stretching before two-stage ageing leaves fine and even precipitates'],
    ),
    method(
      'C22C1/03 C22C1/06',
      ['{m}用晶粒细化剂及其制备方法', 'Grain refiner for {m} and method of making it'],
      [
        '中间合金经连续挤压破碎团聚，加入量小于千分之二即可细化',
        'Continuous extrusion breaks up clusters in the master alloy, and less than two parts in a thousand refine',
      ],
    ),
    device(
      'C22B9/05 F27D27/00',
      ['{m}熔体的旋转除气装置', 'Rotary degassing device for {m} melts'],
      [
        '转子叶片切割气流，形成细小气泡，液面波动受导流板限制',
        'Rotor blades cut the gas into small bubbles, and baffles keep the surface calm',
      ],
    ),
    method(
      'B22D11/11 B22D11/115',
      ['{m}半连续铸造的电磁搅拌方法', 'Electromagnetic stirring method for casting {m} billets'],
      [
        '在液穴不同深度施加变频磁场，中心偏析减轻',
        'Fields of changing frequency at several depths of the sump reduce segregation at the centre',
      ],
    ),
    method(
      'B22F10/28 B33Y10/00',
      ['{m}构件的激光增材制造方法', 'Laser additive manufacturing method for {m} parts'],
      [
        '按悬垂角调节能量密度，并在层间重熔以封闭孔隙',
        'Energy density follows the angle of the overhang, and remelting between layers closes pores',
      ],
    ),
    method(
      'B23K20/12',
      ['{m}异种接头的搅拌摩擦焊方法', 'Friction stir welding method for {m} joints with other metals'],
      [
        '搅拌针偏置于较硬一侧，并辅以冷却抑制脆性相',
        'The pin is set off to the harder side, and cooling keeps brittle phases from forming',
      ],
    ),
    method(
      'C25D11/02 C25D11/30',
      ['{m}表面陶瓷膜的微弧氧化方法', 'Micro-arc oxidation method for ceramic films on {m}'],
      [
        '由弧光光谱反馈调节占空比，膜层致密且能耗降低',
        'The spectrum of the arc sets the duty cycle, for a dense film at less energy',
      ],
    ),
    device(
      'G01N17/02 G01N17/00',
      ['{m}应力腐蚀的试验装置', 'Stress corrosion test rig for {m}'],
      [
        '在密闭腐蚀腔内恒载加载，并同步记录声发射信号',
        'A closed cell holds a constant load in the corrosive medium and records acoustic emission with it',
      ],
    ),
  ],
};

export const refractories: Industry = {
  name: { zh: '耐火与陶瓷材料', en: 'refractories' },
  subjects: subjects(
    '镁碳砖 magnesia-carbon brick, 刚玉莫来石制品 corundum-mullite ware, 碳化硅陶瓷 silicon carbide ceramic, ' +
      '高铝浇注料 high-alumina castable, 轻质隔热砖 insulating brick, 镁铝尖晶石砖 magnesia-alumina spinel brick',
  ),
  patterns: [
    method(
      'C04B35/66 C04B35/622',
      ['{m}的低碳制备方法', 'Low-carbon preparation method for {m}'],
      [
        '以预分散的纳米结合剂替代部分沥青，热处理温度降低',
        'A nano-binder dispersed beforehand replaces part of the pitch and needs less heat',
      ],
    ),
    device(
      'B28B3/02 B28B17/00',
      ['{m}压制成型的自动布料装置', 'Automatic filling device for pressing {m}'],
      [
        '分格料斗按预压密度曲线补料，坯体密度差减小',
        'A hopper in cells fills by the density after pre-pressing, so the green body is even',
      ],
    ),
    method(
      'F27B9/40 F27D19/00',
      ['{m}隧道窑烧成的能耗优化方法', 'Energy optimisation method for firing {m} in tunnel kilns'],
      [
        '由窑车温度场模型滚动优化烧嘴的空燃比',
        'A model of the temperature in the cars keeps optimising the air and fuel of each burner',
      ],
    ),
    method(
      'G01N29/07 G01N29/44',
      ['{m}内部裂纹的超声检测方法', 'Ultrasonic test method for cracks inside {m}'],
      [
        '低频阵列合成孔径成像，抑制粗晶散射噪声',
        'A synthetic aperture at low frequency images the crack through the noise of coarse grains',
      ],
    ),
    device(
      'C21B7/06 F27D1/00',
      ['{m}砌筑结构的膨胀缓冲层', 'Expansion buffer for linings of {m}'],
      [
        '缓冲层由纤维毡与可压缩条交替组成，高温下均匀让位',
        'Fibre felt and compressible strips alternate and give way evenly when the lining is hot',
      ],
    ),
    method(
      'C04B35/626 B09B3/40',
      ['用后{m}的再生利用方法', 'Recycling method for used {m}'],
      [
        '拆解料经水化分离与整形处理，以高比例替代原生骨料',
        'Hydration and shaping turn the rubble into aggregate that replaces most of the new one',
      ],
    ),
    method(
      'C04B41/85 C04B41/50',
      ['{m}表面抗侵蚀涂层的制备方法', 'Preparation method for erosion-resistant coatings on {m}'],
      [
        '涂层浆料在高温下形成致密尖晶石层，阻止渣液渗入',
        'The slurry becomes a dense spinel layer in the heat and keeps slag out',
      ],
    ),
    device(
      'F27D21/00 G01K7/02',
      ['{m}残余厚度的在线监测装置', 'On-line monitor for the remaining thickness of {m}'],
      [
        '多点热流传感器配合反演模型，给出各部位的剩余厚度',
        'Heat flux at many points and an inverse model give the thickness that is left at each',
      ],
    ),
  ],
};

export const agriculture: Industry = {
  name: { zh: '农业机械', en: 'agricultural machinery' },
  subjects: subjects(
    '小麦 wheat, 玉米 maize, 花生 peanut, 大豆 soybean, 棉花 cotton, 油菜 rapeseed, 谷子 foxtail millet',
  ),
  patterns: [
    device(
      'A01C7/04 A01C7/20',
      ['{m}气吸式精量播种装置', 'Pneumatic precision seeder for {m}'],
      [
        '排种盘的吸孔带有扰动槽，漏播时由补种轮即时补种',
        'Grooves stir the seed at the suction holes, and a second wheel fills any gap at once',
      ],
    ),
    device(
      'A01D41/14 A01D57/00',
      ['{m}联合收获机的仿形割台', 'Contour-following header for {m} combine harvesters'],
      [
        '左右独立的仿形轮调节割台高度，减少落粒损失',
        'Wheels on either side follow the ground and set the header, so that less grain is lost',
      ],
    ),
    method(
      'G06V20/10 A01M7/00',
      ['{m}病虫害的田间图像识别方法', 'Field image recognition method for {m} pests and diseases'],
      [
        '轻量网络在无人机端识别病斑，并生成变量喷施处方图',
        'A light network on the drone finds lesions and draws the map for spraying by need',
      ],
    ),
    device(
      'A01F25/08 F24F7/06',
      ['{m}储藏仓的分层通风装置', 'Layered ventilation device for {m} stores'],
      [
        '各层风道独立启闭，由粮堆温湿度梯度决定通风次序',
        'Each layer has its own duct, and the gradient in the heap decides which one runs first',
      ],
    ),
    device(
      'A01B49/02 A01B33/08',
      ['{m}秸秆深埋还田机', 'Machine that buries {m} straw'],
      [
        '先粉碎再以螺旋输送至沟底，覆土与镇压一次完成',
        'Straw is chopped and carried to the bottom of the furrow, then covered and pressed in one pass',
      ],
    ),
    method(
      'A01C21/00 G05D11/13',
      ['{m}变量追肥的控制方法', 'Control method for variable top-dressing of {m}'],
      [
        '由冠层光谱与产量目标计算施肥量，并补偿机具的响应滞后',
        'Canopy spectra and the yield wanted give the rate, corrected for the lag of the machine',
      ],
    ),
    method(
      'F26B3/04 F26B25/22',
      ['{m}种子的保质干燥方法', 'Quality-keeping drying method for {m} seed'],
      [
        '变温间歇干燥配合缓苏，发芽率基本不降低',
        'Changing temperatures with rests in between dry the seed and leave it able to germinate',
      ],
    ),
    method(
      'A01C1/06 A01N25/10',
      ['{m}种子包衣剂及其制备方法', 'Seed coating for {m} and method of making it'],
      [
        '可降解膜层分两次释放药剂，覆盖苗期的主要病害',
        'A degradable film releases its agent twice, over the diseases of the seedling',
      ],
    ),
  ],
};
