import { device, type Industry, method, subjects } from './industry.ts';

export const computing: Industry = {
  name: { zh: '数字技术', en: 'computing' },
  subjects: subjects(
    '工业日志 industrial log, 粮情监测数据 grain monitoring data, 电力负荷数据 electric load data, ' +
      '物流订单数据 logistics order data, 传感器时序数据 sensor time series, 交通流量数据 traffic flow data, ' +
      '气象观测数据 weather data, 专利文本 patent text',
  ),
  patterns: [
    method(
      'G06F16/22 G06F16/2453',
      ['{m}的分布式索引方法及系统', 'Distributed indexing method and system for {m}'],
      [
        '按访问热度拆分索引段，并在后台合并，不阻塞写入',
        'Index segments split by how often they are read and are merged without blocking writers',
      ],
    ),
    method(
      'G06F16/2455 G06F16/27',
      ['{m}的流式聚合查询方法', 'Streaming aggregation query method for {m}'],
      [
        '以可撤回的增量结果代替整窗重算，乱序到达的数据按水位线修正',
        'Increments that can be withdrawn replace recomputed windows, and a watermark mends late arrivals',
      ],
    ),
    method(
      'G06F18/2433 G06F18/15',
      ['面向{m}的异常检测方法', 'Anomaly detection method for {m}'],
      [
        '由自编码器重构误差与季节基线共同给出异常分数，并说明贡献最大的维度',
        'Reconstruction error and a seasonal baseline give one score, and the dimension that caused it is named',
      ],
    ),
    method(
      'G06F21/62 G06F21/60',
      ['{m}的细粒度访问控制方法', 'Fine-grained access control method for {m}'],
      [
        '策略编译为查询谓词，在存储层过滤，审计记录形成哈希链',
        'Policies become query predicates that filter in storage, and the audit records form a hash chain',
      ],
    ),
    method(
      'G06F9/50 G06F9/48',
      ['{m}处理任务的资源调度方法', 'Resource scheduling method for {m} jobs'],
      [
        '根据历史运行时间估计截止期风险，优先调度风险最高的任务',
        'Past run times tell which job is likeliest to miss its deadline, and that one runs first',
      ],
    ),
    method(
      'G06F11/14 G06F16/11',
      ['{m}的增量备份与恢复方法', 'Incremental backup and recovery method for {m}'],
      [
        '按内容分块去重，恢复时先加载被访问的数据块',
        'Chunks are deduplicated by content, and what is read first is restored first',
      ],
    ),
    method(
      'G06F3/0481 G06F3/04847',
      ['{m}的交互式可视分析方法', 'Interactive visual analysis method for {m}'],
      [
        '缩放时由服务端返回逐级抽样结果，拖动过程保持响应',
        'Zooming takes samples of rising detail from the server, so that dragging never waits',
      ],
    ),
    method(
      'G06F8/30 G06F40/205',
      ['{m}解析程序的自动生成方法', 'Automatic generation method for {m} parsers'],
      [
        '由样例归纳字段文法，生成的程序附带反例测试',
        'A grammar of the fields is inferred from samples, and the program comes with counterexamples as tests',
      ],
    ),
  ],
};

export const energy: Industry = {
  name: { zh: '新能源', en: 'new energy' },
  subjects: subjects(
    '磷酸铁锂电池 lithium iron phosphate battery, 钠离子电池 sodium-ion battery, 固态电池 solid-state battery, ' +
      '三元锂电池 ternary lithium battery, 锂硫电池 lithium-sulphur battery, 钛酸锂电池 lithium titanate battery, ' +
      '梯次利用电池 second-life battery',
  ),
  patterns: [
    device(
      'H01M10/613 H01M10/6568',
      ['{m}模组的液冷装置', 'Liquid cooling device for {m} modules'],
      [
        '流道宽度沿流向递减，末端电芯的温差缩小',
        'The channel narrows along the flow, so the last cells are hardly warmer than the first',
      ],
    ),
    method(
      'G01R31/367 G01R31/388',
      ['{m}荷电状态的联合估计方法', 'Joint state-of-charge estimation method for {m} packs'],
      [
        '以双时间尺度滤波同时估计荷电状态与容量，并按温度更新参数',
        'A filter on two time scales estimates charge and capacity together, with parameters set by temperature',
      ],
    ),
    method(
      'H01M4/04 H01M4/139',
      ['{m}电极的干法制备工艺', 'Dry preparation process for {m} electrodes'],
      [
        '黏结剂在剪切作用下成纤，活性物质直接压延成膜，不使用溶剂',
        'Shear draws the binder into fibres, and the active material is rolled into a film without solvent',
      ],
    ),
    method(
      'H01M10/54 C22B7/00',
      ['{m}的回收与再生方法', 'Recovery and regeneration method for {m} materials'],
      [
        '带电破碎后分选，正极粉经补元素烧结恢复容量',
        'Cells are crushed charged and sorted, and sintering with what is missing restores the cathode',
      ],
    ),
    device(
      'H02J7/00 H01M10/42',
      ['{m}组的主动均衡电路', 'Active balancing circuit for {m} strings'],
      [
        '以单个磁件在任意两节电芯之间转移能量，开关数量减少',
        'One magnetic part moves energy between any two cells, with fewer switches',
      ],
    ),
    device(
      'A62C3/16 A62C37/40',
      ['{m}储能舱的消防抑爆装置', 'Fire and explosion suppressor for {m} containers'],
      [
        '由气体传感器提前识别热失控，定点喷放并联动排风',
        'Gas sensors find thermal runaway early; the agent goes to that spot while the fans run',
      ],
    ),
    device(
      'H01M10/04 B26D1/15',
      ['{m}极片分切毛刺的在线检测装置', 'On-line burr detector for slitting {m} electrodes'],
      [
        '线激光与高速相机同轴布置，按毛刺高度自动调整刀具间隙',
        'A line laser and a fast camera on one axis measure the burr and set the gap of the knives',
      ],
    ),
    method(
      'H02J3/32 H02J3/00',
      ['{m}储能电站的功率分配方法', 'Power allocation method for {m} storage plants'],
      [
        '各电池簇按健康度分担功率，限制单簇的循环深度',
        'Each cluster takes power by its health, and none is cycled deeper than the others',
      ],
    ),
  ],
};
