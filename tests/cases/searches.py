"""H21 to H26, H35, H37: what is seen on the screen is found, and in a person's order."""

from tests.cases.registry import case, check
from tests.cases.world import World, new_name


def _finds(world: World, name: str, *searches: str, page: bool = False) -> str:
    """Each search finds the customer of this name, in the API and on the admin's page."""
    code = world.customer(name)["code"]
    lost = [s for s in searches if code not in _codes(world, s)]
    if page:
        lost += [f"{s} (admin)" for s in searches if code not in _page(world, s)]
    return check(not lost, f"not by {lost}" if lost else "found")


def _codes(world: World, search: str) -> set[str]:
    return {row["code"] for row in world.results("customers/", search=search, page_size="200")}


def _page(world: World, search: str) -> str:
    return world.page("customers/customer/", q=search)


@case("H21", "F14", "found")
def _(world: World) -> str:
    mark = new_name()
    return _finds(world, f"Zoe\u0301 U\u0308nver {mark}", f"\u00dcnver {mark}", page=True)


@case("H22", "F15", "found")
def _(world: World) -> str:
    mark = new_name()
    return _finds(world, f"Ana\u00a0Quill{mark}", f"Quill{mark}", f"Ana Quill{mark}", page=True)


@case("H23", "F15", "found")
def _(world: World) -> str:
    mark = new_name()
    name = f"\u68ee\u7530\u3000\u82b1\u5b50 {mark}"
    return _finds(world, name, f"\u82b1\u5b50 {mark}", f"\u68ee\u7530 \u82b1\u5b50 {mark}")


@case("H24", "F16", "found")
def _(world: World) -> str:
    mark = new_name()
    return _finds(world, f"M\u00e1ire O\u2019Shea{mark}", f"O'Shea{mark}", page=True)


SIGNS = ("Xandoe{}, Mira", "Mira: Xandoe{}", "#Mira & *Xandoe{}*", "「Xandoe{}」")


@case("H25", "F17", "found, in the admin too")
def _(world: World) -> str:
    mark = new_name()
    return _finds(world, f"Mira Xandoe{mark}", *(form.format(mark) for form in SIGNS), page=True)


@case("H26", "F18", "found")
def _(world: World) -> str:
    mark = new_name()
    return _finds(world, f"\u200eLroy Marks{mark}", f"Lroy Marks{mark}", page=True)


@case("H35", "F26", "adams, Baker, de Vries, Émile, Zoe; each once over the pages")
def _(world: World) -> str:
    mark = new_name()
    names = [f"{name} {mark}" for name in ("Zoe", "de Vries", "adams", "Émile", "Baker")]
    for name in names:
        world.customer(name)
    rows = _walk(world, "customers/", search=mark, ordering="name", page_size="2")
    firsts = [row["name"].removesuffix(f" {mark}") for row in rows]
    return check(firsts == ["adams", "Baker", "de Vries", "Émile", "Zoe"], ", ".join(firsts))


def _walk(world: World, path: str, **query: str) -> list[dict[str, str]]:
    """All rows of a list, page by page."""
    page = world.get(path, **query)
    rows = list(page["results"])
    while page["next"]:
        page = world.get(page["next"].partition("/api/v1/")[2])
        rows += page["results"]
    return rows


@case("F30", "F30", "found, by either spelling of its domain and without its plus")
def _(world: World) -> str:
    mark = new_name().lower()
    code = world.customer("Jane Doe", email=f"{mark}+kits@exämple.de")["code"]
    forms = ("{}+kits@exämple.de", "{}+kits@xn--exmple-cua.de", "{} kits@EXÄMPLE.de")
    lost = [form for form in forms if code not in _codes(world, form.format(mark))]
    return check(not lost, f"not by {lost}" if lost else "found")


@case("H37", "F28", "found")
def _(world: World) -> str:
    shipment = world.shipment(world.parcel())
    number = shipment["tracking_number"]
    groups = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    lost = [
        search
        for search in (number.lower(), groups)
        if shipment["id"] not in [row["id"] for row in world.results("shipments/", search=search)]
    ]
    return check(not lost, f"not by {lost}" if lost else "found")


@case("F28", "F28", "reference=#CO-…, number= in full width find")
def _(world: World) -> str:
    reference = world.parcel()
    wide = reference.upper().translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    by_reference = world.results("shipments/", reference=f"#{reference.upper()}")
    by_number = world.results("orders/", number=wide)
    return check(by_reference and by_number, f"{len(by_reference)} parcel, {len(by_number)} order")
