"""Are names of people told by the cells alone, and are races, places, drugs and diagnoses never taken for names?"""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.canonical import load_cohort
from analysis.cohort.identity import header_and_content_identify
from analysis.cohort.person_words import is_chinese_name, is_full_name
from analysis.cohort.proposals import propose_mapping
from analysis.cohort.questions import accept_proposals
from analysis.cohort.readers import read_tables

CHINESE_NAMES = (
    "王伟 李娜 张敏 刘洋 陈静 杨柳 赵磊 黄丽华 周杰 吴秀英 徐明 孙建国 马超 朱红梅 "
    "胡军 郭晓东 何平 林志强 罗兰 高飞 郑爽 梁朝 谢婷婷 宋佳 唐国强 许文 韩梅梅 冯刚 "
    "邓超 曹颖 彭丽媛 曾志伟 肖战 田雨 董洁 袁泉 潘石 欧阳娜娜 司马光 诸葛亮 蔡明 余华 "
    "杜海涛 叶问 程龙 苏小妹 魏晨 吕布 丁真 任贤齐 沈腾 姚明 卢伟 崔健 钟南山 谭咏麟 "
    "汪峰 范冰 金晨 石磊 廖凡 贾玲 夏雨 韦小宝 付辛博 方文山 白岩松 邹市明 孟非 熊黛林 "
    "秦昊 邱淑贞 江华 尹正 薛之谦 闫妮 段奕宏 雷军 侯勇 龙丹妮 史铁生 陶喆 黎明 贺龙 "
    "顾长卫 毛不易 郝海东 龚琳娜 邵逸夫 万茜 钱枫 覃凤珍 武艺 戴军 莫言 孔雪儿 向华强 "
    "汤唯 翁虹 俞敏洪 柳岩 游本昌 祁连山 阮玲玉"
)
CHINESE = CHINESE_NAMES.split()
SPANISH = [
    "García López María", "José Fernández Martínez", "Ana Belén Ruiz Soto", "Martínez Pérez, Juan Carlos",
    "Lucía Gómez de la Torre", "Rodríguez Sánchez, Carmen", "Pedro Almodóvar Caballero", "Iñaki Urrutia Echeverría",
    "Mª Dolores Ortega Vidal", "Francisco J. Navarro Gil", "Núñez Ibáñez, Óscar", "Vázquez Romero, Beatriz",
    "Sergio Ramos García", "Teresa Castillo Núñez", "Antonio Molina Flores", "Rafael Ortiz Peña",
    "Isabel Díaz Herrera", "Miguel Ángel Serrano Blanco", "Ramón y Cajal, Santiago", "Xavier Puig i Cadafalch",
]  # fmt: skip
OTHERS = [
    "Smith, John", "O'Brien, Patrick", "Johnson, Mary Ann", "Williams, R.", "van der Berg, Anna", "Müller, Hans",
    "Nguyen, Thi Lan", "Jean-Luc Picard", "Emily Davis", "William Brown", "Fiona MacDonald", "Singh, Harpreet",
    "Patel, Rakesh", "Kim, Min-jun", "Li, Wei", "Wang, Fang", "de Souza, Carlos", "Kowalski, Piotr", "Rossi, Giulia",
    "Dubois, Claire", "Smith-Jones, Amy", "Ivanov, Sergey",
]  # fmt: skip
CATEGORIES = {
    "Race": [
        "White", "Black", "Asian", "Caucasian", "Hispanic", "African American", "White British", "South Asian",
        "Han Chinese", "Black Caribbean", "Native American", "Pacific Islander",
    ],
    "Ethnicity": [
        "Han", "Zhuang", "Hui", "Uyghur", "Hispanic or Latino", "Not Hispanic or Latino", "White",
    ],
    "民族": [
        "汉", "汉族", "回族", "满族", "壮族", "藏族",
    ],
    "Centre": [
        "Madrid", "Barcelona", "Beijing", "Shanghai", "Santiago", "Valencia", "Salamanca", "San Sebastián", "La Paz",
    ],
    "Hospital": [
        "Hospital La Paz", "Gregorio Marañón", "Ramón y Cajal", "Puerta de Hierro", "Doce de Octubre",
        "Virgen del Rocío", "Vall d'Hebron", "Clinic",
    ],
    "医院": [
        "北京协和医院", "华山医院", "瑞金医院", "南方医院",
    ],
    "City": [
        "San Francisco", "New York", "Los Angeles", "Santa Cruz", "San Diego", "San José", "Las Vegas",
        "Buenos Aires", "Rio de Janeiro", "Santa Fe",
    ],
    "城市": [
        "南京", "上海", "北京", "广州", "武汉", "成都", "高州", "马鞍山", "金华", "黄山", "石家庄",
    ],
    "Drug": [
        "Rituximab", "Tacrolimus", "Cyclosporine A", "Mycophenolate Mofetil", "Cyclophosphamide", "Prednisone",
        "Methyl Prednisolone", "Obinutuzumab",
    ],
    "药物": [
        "他克莫司", "环孢素", "利妥昔单抗", "泼尼松", "美罗华", "强的松", "马替麦考",
    ],
    "Pathology": [
        "Membranous nephropathy", "Minimal change disease", "Focal segmental glomerulosclerosis", "Stage II",
        "Tip lesion", "Perihilar variant", "Collapsing", "Cellular",
    ],
    "Diagnosis": [
        "primary membranous", "lupus nephritis", "diabetic nephropathy", "minimal change", "IgA nephropathy",
    ],
    "病理": [
        "膜性肾病", "微小病变", "局灶节段", "温和", "白细胞", "高血压", "黄疸", "方案", "金黄",
    ],
    "Comorbidity": [
        "Hypertension", "Type diabetes", "Crohn disease", "Addison disease", "Graves disease", "Sjögren syndrome",
        "Wilson disease",
    ],
    "Variant": [
        "NOS", "tip", "perihilar", "cellular", "collapsing",
    ],
    "country": [
        "Spain", "China", "United States", "South Africa", "Costa Rica", "El Salvador", "New Zealand",
    ],
    "AE term": [
        "Upper respiratory infection", "Herpes zoster", "Urinary tract infection", "Infusion reaction", "Skin rash",
        "Hair loss", "Weight gain",
    ],
    "Profession": [
        "Baker", "Smith", "Mason", "Teacher", "Farmer", "Carpenter",
    ],
    "职业": [
        "农民", "工人", "教师", "司机", "干部", "学生",
    ],
    "结局": [
        "完全缓解", "部分缓解", "未缓解", "复发",
    ],
    "组别": [
        "对照组", "联合组", "单药组",
    ],
    "Response": [
        "complete remission", "partial remission", "no response",
    ],
    "Steroid": [
        "steroid dependent", "steroid resistant", "frequently relapsing", "new onset",
    ],
    "吸烟": [
        "从不", "戒烟", "吸烟",
    ],
    "婚姻": [
        "已婚", "未婚", "离异",
    ],
    "省": [
        "江苏", "江西", "云南", "安徽", "广东", "河南", "贵州",
    ],
    "颜色": [
        "黄", "黄色", "白色", "红色",
    ],
}  # fmt: skip


def evidence(header: str, words: list[str]) -> str:
    return header_and_content_identify(header, pd.Series(words))


@pytest.mark.parametrize("names", [CHINESE, SPANISH, OTHERS, [name.upper() for name in SPANISH]])
def test_a_column_of_names_is_told_by_its_cells(names):
    assert evidence("X1", names) == "names"
    few = [names[at : at + 4] for at in range(0, len(names) - 3, 4)]
    assert [group for group in few if evidence("X1", group) != "names"] == []


def test_nearly_every_name_has_the_form_of_one():
    assert [name for name in (*SPANISH, *OTHERS) if not is_full_name(name)] == []
    assert sum(map(is_chinese_name, CHINESE)) >= 0.95 * len(CHINESE)


@pytest.mark.parametrize("header", CATEGORIES)
@pytest.mark.parametrize("times", [1, 5])
def test_categories_are_never_taken_for_names(header, times):
    assert evidence(header, CATEGORIES[header] * times) == ""


def test_telephones_are_found_under_the_header_of_a_category_too():
    assert evidence("Hospital", ["600 000 027", "600 000 028", "600 000 029"]) == "phone numbers"
    assert evidence("Hospital", ["Llamar a John Smith", "La Paz", "Clinic"]) == "free text"


def test_races_cities_and_drugs_stay_and_names_go_from_a_whole_file():
    n = 12
    table = pd.DataFrame(
        {
            "id": [f"P{i}" for i in range(n)],
            "arm": ["RTX", "RTX+TAC"] * (n // 2),
            "Race": (["White", "Black", "Asian", "Hispanic"] * n)[:n],
            "City": (CATEGORIES["City"] * 2)[:n],
            "Pathology": (["Tip lesion", "Minimal change disease"] * n)[:n],
            "X1": CHINESE[:n],
            "X2": SPANISH[:n],
            "X3": OTHERS[:n],
        }
    )
    files = [("clinic.csv", table.to_csv(index=False).encode())]
    raw = read_tables(files)
    cohort = load_cohort(files, name="c", mapping=accept_proposals(propose_mapping(raw), raw))
    assert {"Race", "City"} <= set(cohort.patients)
    assert cohort.patients["City"].tolist() == table["City"].tolist()
    assert {"X1", "X2", "X3"}.isdisjoint(cohort.patients)
