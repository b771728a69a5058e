"""The sheets of a programme workbook: their columns, the words of their lists, and what is explained to people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from civicard.evaluation.workbook.cells import (
    CandidatesField,
    ChoiceField,
    Field,
    LinesField,
    ListField,
    NumberField,
    RoundField,
    SaidField,
    WordField,
)  # fmt: skip

ABOUT, TARGETS, FRAMEWORK, RULES = "项目", "绩效目标", "评分体系", "计分规则"
FIGURES, EVIDENCE, GRADES, OTHER, GUIDE = "数据", "佐证", "等级", "其他", "说明"
HEAD_ROWS = 2
EXACT = ("精确值与其他键", "exact values and other keys, as YAML")
# Begins the exact values of a row whose cell cannot hold them; what follows is their section under 其他.
CONTINUED = "→ "
# Words that formulas show in place of a number.
BY_PROGRAM, NO_DATA, NOT_APPLICABLE, DISPUTED = "由程序计算", "缺数据", "不适用", "有争议"

YES_NO = {"是": True, "否": False}
KINDS = {
    "清单": "checklist", "按档扣分": "step", "按比例": "proportional", "及格线": "pass_mark", "分档": "bands",
    "插值": "interpolation", "分级评判": "graded", "计数": "count", "按次": "event", "合计": "sum", "平均": "mean",
    "取最高": "best", "取最低": "worst", "同类比较": "peer", "裁量扣分": "discretion", "算式": "formula", "原文给出": "stated",
}  # fmt: skip
READINGS = {
    "不足一档按一档计": "started",
    "不足一档不计": "completed",
    "档数四舍五入": "nearest",
    "按比例计": "proportional",
}
DIRECTIONS = {"越高越好": "positive", "越低越好": "reverse", "等于目标": "equal"}
STEP_IS = {"数值本身的单位": "points", "目标的百分比": "percent_of_target"}
REVERSE_FORMS = {"对称": "mirrored", "目标/实际": "inverse"}
ITEM_POLICIES = {"摊给其他条目": "spread", "给满分": "full", "不得分": "lose"}
# What a row of the rules is, and the key of the list that it stands in.
ROW_KINDS = {
    "规则": "rule",
    "部分": "parts",
    "条目": "items",
    "分档": "bands",
    "等级": "grades",
    "节点": "knots",
}
ORIGINS = {"真实": "operated", "模拟": "simulated"}
BASES = {"实测": "measured", "佐证": "evidence", "原文": "stated", "无": "none"}


@dataclass(frozen=True, kw_only=True)
class Live:
    """A column that the workbook computes or only shows; it is never read back."""

    key: str
    zh: str
    en: str
    width: int = 12
    is_points: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet of rows, one a record.

    Attributes:
        name: of the sheet.
        marks: fields that say where a row belongs; they are part of no record.
        fields: fields of the record.
        live: columns that are only shown.
        is_required: a workbook without it is refused.
    """

    name: str
    marks: Sequence[Field] = ()
    fields: Sequence[Field]
    live: Sequence[Live] = ()
    is_required: bool = True

    @property
    def columns(self) -> list[tuple[str, str, int]]:
        """The columns in order: Chinese and English head, and width; English and exact values come last."""
        heads: list[Field | Live] = [*self.marks, *self.fields, *self.live]
        own = [(one.zh, one.en, one.width) for one in heads]
        english = [
            (f"{one.zh}（英文）", f"{one.en} in English", one.width)
            for one in self.fields
            if one.is_bilingual
        ]
        return [*own, *english, (*EXACT, 30)]

    def at(self, key: str) -> int:
        """Return the position of the column of `key`, from 0."""
        heads: list[Field | Live] = [*self.marks, *self.fields, *self.live]
        return next(at for at, one in enumerate(heads) if one.key == key)

    def positions(self, one: Field) -> list[int]:
        """Return the positions of the cells of a field."""
        if not one.is_bilingual:
            return [self.at(one.key)]
        both = [field for field in self.fields if field.is_bilingual]
        return [self.at(one.key), len(self.marks) + len(self.fields) + len(self.live) + both.index(one)]

    @property
    def exact_at(self) -> int:
        """The position of the column of exact values."""
        return len(self.columns) - 1


PLACE = SaidField(key="place", zh="出处", en="place in the source", width=16)
LEVEL = NumberField(key="level", zh="级", en="level, 1 is the highest", width=6, is_required=True)

ABOUT_SHEET = Sheet(
    name=ABOUT,
    marks=(WordField(key="key", zh="项", en="key", width=14, is_required=True),),
    fields=(SaidField(key="value", zh="内容", en="value", width=60, is_bilingual=True),),
    live=(Live(key="label", zh="说明", en="what it is", width=40),),
)
ABOUT_LABELS: Mapping[str, str] = {
    "title": "项目名称 / name of the project（必填）",
    "unit": "实施单位 / unit that carries it out（必填）",
    "department": "主管部门 / department in charge",
    "evaluator": "评价机构 / who evaluates",
    "kind": "评价类型：单位自评、部门评价、财政评价 / kind of evaluation",
    "year": "评价年度（数字）/ year, a number",
    "period": "评价时段 / period, as printed",
    "written": "撰写时间 / when it was written",
    "origin": "数据来源：operated 真实，simulated 模拟 / real or invented figures",
}

TARGETS_SHEET = Sheet(
    name=TARGETS,
    marks=(LEVEL,),
    fields=(
        WordField(key="code", zh="代码", en="code", is_required=True),
        SaidField(key="name", zh="名称", en="name", width=30, is_required=True, is_bilingual=True),
        SaidField(key="value", zh="指标值", en="target value as printed", width=18, is_bilingual=True),
        SaidField(key="explanation", zh="说明", en="explanation", width=50, is_bilingual=True),
    ),
)

FRAMEWORK_SHEET = Sheet(
    name=FRAMEWORK,
    marks=(LEVEL,),
    fields=(
        WordField(key="code", zh="代码", en="code", width=8, is_required=True),
        SaidField(key="name", zh="名称", en="name", width=24, is_required=True, is_bilingual=True),
        NumberField(key="weight", zh="权重", en="weight", width=8, is_required=True),
        NumberField(key="out_of", zh="规则满分", en="the rule scores out of", width=9, note="规则按此满分计分，再折算为权重；一般留空"),
        WordField(key="unit", zh="单位", en="unit", width=9),
        SaidField(key="target", zh="目标值", en="target as printed", width=12, is_bilingual=True),
        SaidField(key="text", zh="评分标准", en="scoring standard", width=40, is_bilingual=True),
        PLACE,
        ListField(key="targets", zh="对应绩效目标", en="codes of targets", width=12),
    ),
    live=(
        Live(key="sum", zh="下级权重合计", en="sum of the weights below", width=10),
        Live(key="rule_words", zh="计分规则", en="rule in words", width=36),
        Live(key="points", zh="得分", en="points, computed here", width=12, is_points=True),
    ),
)  # fmt: skip

RULES_SHEET = Sheet(
    name=RULES,
    marks=(
        WordField(key="indicator", zh="指标代码", en="code of the indicator", width=9, is_required=True),
        LEVEL,
        ChoiceField(
            key="row", zh="行类别", en="what this row is", width=8, is_required=True, choices=ROW_KINDS
        ),
    ),
    fields=(
        ChoiceField(key="kind", zh="规则种类", en="kind", width=10, choices=KINDS),
        WordField(key="code", zh="自有代码", en="own code", width=9),
        SaidField(key="name", zh="名称", en="name", width=14),
        SaidField(key="text", zh="条目内容", en="text of the item", width=36, is_bilingual=True),
        SaidField(key="grade", zh="等级", en="grade", width=12, is_bilingual=True),
        NumberField(key="points", zh="分值", en="points", width=7),
        ChoiceField(key="good", zh="得分答案", en="good answer", width=8, choices=YES_NO),
        WordField(key="figure", zh="数据键名", en="figure", width=18),
        WordField(key="unit", zh="单位", en="unit", width=8),
        NumberField(key="target", zh="目标", en="target", width=10),
        ChoiceField(key="direction", zh="方向", en="direction", width=10, choices=DIRECTIONS),
        NumberField(key="step", zh="每档", en="step", width=8),
        NumberField(key="deduct", zh="每档扣分", en="deduct", width=8),
        ChoiceField(key="reading", zh="不足一档", en="reading", width=16, choices=READINGS),
        ChoiceField(key="step_is", zh="档的含义", en="step_is", width=12, choices=STEP_IS),
        NumberField(key="threshold", zh="满分线", en="threshold", width=8),
        NumberField(key="zero_beyond", zh="零分线", en="zero_beyond", width=8),
        NumberField(key="least", zh="下限/≥", en="least", width=8),
        NumberField(key="above", zh="大于", en="above", width=8),
        NumberField(key="most", zh="上限/≤", en="most", width=8),
        NumberField(key="below", zh="小于", en="below", width=8),
        ChoiceField(key="cap", zh="封顶", en="cap at full", width=7, choices=YES_NO),
        ChoiceField(key="reverse_form", zh="反向算法", en="reverse_form", width=10, choices=REVERSE_FORMS),
        NumberField(key="pass_percent", zh="及格线%", en="pass_percent", width=8),
        NumberField(key="floor", zh="起点", en="floor", width=8),
        NumberField(key="benchmark", zh="标杆", en="benchmark", width=8),
        NumberField(key="earns", zh="每次加分", en="earns", width=8),
        SaidField(key="counts", zh="计数对象", en="what counts", width=18, is_bilingual=True),
        ChoiceField(
            key="not_applicable",
            zh="条目不适用时",
            en="items not applicable",
            width=12,
            choices=ITEM_POLICIES,
        ),
        NumberField(key="most_off", zh="最多扣分", en="most_off", width=8),
        NumberField(key="stated", zh="原文分数", en="stated", width=8),
        PLACE,
        WordField(key="formula", zh="算式", en="formula", width=20),
        RoundField(key="round", zh="得分取整步长", en="round to", width=8),
    ),
    live=(
        Live(key="own", zh="有效代码", en="code in use", width=10),
        Live(key="full", zh="满分", en="full points", width=8, is_points=True),
        Live(key="x", zh="现值", en="figure, computed here", width=12),
        Live(key="base", zh="基础分", en="points before rounding", width=10, is_points=True),
        Live(key="result", zh="得分", en="points, computed here", width=10, is_points=True),
    ),
)

FIGURES_SHEET = Sheet(
    name=FIGURES,
    marks=(WordField(key="key", zh="键名", en="key", width=20, is_required=True),),
    fields=(
        SaidField(key="name", zh="名称", en="name", width=24, is_required=True, is_bilingual=True),
        WordField(key="unit", zh="单位", en="unit", width=10, note="元、万元、张、%、占比%（0 至 100）……"),
        NumberField(key="value", zh="数值", en="value", width=18, unit_key="unit", note="只填数字，不带单位；空着表示缺数据，不等于 0。百分数请填 99.6，不要填 0.996"),
        WordField(key="formula", zh="算式", en="formula over other keys", width=28),
        SaidField(key="missing", zh="缺数据的原因", en="missing, because", width=20),
        SaidField(key="not_applicable", zh="不适用的原因", en="not applicable, because", width=20),
        CandidatesField(key="disputed", zh="争议值", en="disputed: number | place, one a line", width=24),
        PLACE,
        SaidField(key="definition", zh="口径", en="definition", width=24, is_bilingual=True),
        SaidField(key="inferred", zh="推断依据", en="inferred from", width=20, is_bilingual=True),
        ChoiceField(key="basis", zh="依据", en="basis", width=8, choices=BASES),
        NumberField(key="digits", zh="小数位", en="digits printed", width=7),
        NumberField(key="least", zh="最小", en="least", width=8),
        NumberField(key="most", zh="最大", en="most", width=8),
        NumberField(key="answers", zh="样本数", en="answers", width=8),
        RoundField(key="round", zh="取整步长", en="round to", width=8),
    ),
    live=(Live(key="live", zh="现值", en="value, computed here", width=18),),
)  # fmt: skip

EVIDENCE_SHEET = Sheet(
    name=EVIDENCE,
    marks=(WordField(key="key", zh="代码", en="code", width=10, is_required=True),),
    fields=(
        ChoiceField(
            key="answer",
            zh="答案",
            en="answer: yes, no",
            width=9,
            choices=YES_NO | {NOT_APPLICABLE: NOT_APPLICABLE},
        ),
        WordField(key="grade", zh="评定等级", en="grade", width=12),
        NumberField(key="points", zh="选定分数", en="points within the grade", width=8),
        NumberField(key="amount", zh="扣分", en="amount taken off", width=8),
        SaidField(key="reason", zh="理由", en="reason", width=24, is_bilingual=True),
        SaidField(key="seconded_by", zh="第二人签字", en="seconded by", width=12),
        LinesField(key="documents", zh="佐证文件", en="documents, one a line", width=30),
        PLACE,
        SaidField(key="not_applicable", zh="不适用的原因", en="not applicable, because", width=20),
        SaidField(key="inferred", zh="推断依据", en="inferred from", width=20, is_bilingual=True),
    ),
    live=(
        Live(key="text", zh="条目内容", en="text of the item", width=40),
        Live(key="good", zh="得分答案", en="good answer", width=9),
    ),
)

GRADES_SHEET = Sheet(
    name=GRADES,
    fields=(
        SaidField(key="grade", zh="等级", en="grade", is_required=True, is_bilingual=True),
        NumberField(key="least", zh="大于等于", en="least, included"),
        NumberField(key="above", zh="大于", en="above, not included"),
        NumberField(key="most", zh="小于等于", en="most, included"),
        NumberField(key="below", zh="小于", en="below, not included"),
    ),
)

OTHER_SHEET = Sheet(
    name=OTHER,
    marks=(
        WordField(key="section", zh="部分", en="section", width=24, is_required=True),
        NumberField(key="part", zh="序号", en="part", width=8, is_required=True),
        SaidField(key="content", zh="内容（YAML）", en="content, as YAML", width=120, is_required=True),
    ),
    fields=(),
)

SHEETS = (
    ABOUT_SHEET, TARGETS_SHEET, FRAMEWORK_SHEET, RULES_SHEET, FIGURES_SHEET, EVIDENCE_SHEET, GRADES_SHEET, OTHER_SHEET,
)  # fmt: skip

GUIDE_LINES = (
    ("本工作簿是一份计分方案，可以填写后交回程序读入；格式版本 1。", "This workbook is one programme file; fill it in and give it back to the program. Format version 1."),
    ("填写：数据在“数据”的“数值”列，清单和等级在“佐证”，权重在“评分体系”，规则在“计分规则”。", "Fill in: figures under 数据, answers under 佐证, weights under 评分体系, rules under 计分规则."),
    ("灰底列由公式显示，读入时忽略；改了也不起作用。得分以程序计算为准，显示“由程序计算”的项目表中算不出来。", "Grey columns are computed here and never read back. The program's own points count; some only it can compute."),
    ("只填数字，不带单位：单位写在“单位”列。单位为 % 时填 99.6；单元格若是百分比格式，显示 99.60% 也可。", "Write numbers without units. For % write 99.6; a cell in percent format that shows 99.60% is understood too."),
    ("空着表示没有数据，不等于 0。不适用的写原因；有争议的在“争议值”每行写一个：数值 | 出处。", "Empty means not known, which is not 0. Say why something does not apply; give disputed values one a line."),
    ("输入格中不能有公式，也不要合并单元格；可以插入、删除、移动整行，行次序就是方案的次序。", "No formulas and no merged cells where you fill in. Whole rows may be added, removed and moved."),
    ("评分体系、绩效目标和计分规则按“级”缩进：下级紧跟在上级之后。", "Levels: what belongs below a row follows it with the next level."),
    ("“计分规则”一行是一条规则、规则的一部分、清单的一个条目、一个分档、一个等级，或插值的一个节点（目标、分值）。", "Under 计分规则 a row is a rule, a part, an item, a band, a grade, or a knot of a line (target and points)."),
    ("行末“精确值与其他键”用 YAML 写本表没有列的键，以及单元格写不下或写不准的值；改了单元格则以单元格为准。", "The last column holds, as YAML, keys without a column and values no cell can hold exactly; a changed cell overrules it."),
    ("“其他”原样保存其余部分（YAML 分段），可以编辑，但不要改“部分”和“序号”。", "其他 keeps all other sections as YAML in pieces; edit the content, but not its section and number."),
)  # fmt: skip
