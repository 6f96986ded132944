"""The table of states: whole, and every state is reached."""

from kits.states import KIT, KIT_COLOURS, WITHOUT_PLACE, KitState


def test_each_state_has_its_moves_and_is_reached_from_the_shelf():
    moves = KIT.transitions
    assert set(moves) == set(KitState.values)
    seen: set[str] = set()
    reached = {"in-stock"}
    while reached - seen:
        state = (reached - seen).pop()
        seen.add(state)
        reached |= moves[state]
    assert seen == set(KitState.values)
    assert set(KIT_COLOURS) < set(moves)


def test_what_is_destroyed_stays_so_and_only_what_is_lost_comes_back_to_a_place():
    assert not KIT.transitions["destroyed"]
    assert {"lost", "destroyed"} == WITHOUT_PLACE
    assert "packed" not in KIT.transitions["lost"]


def test_only_a_kit_on_the_shelf_is_packed():
    assert [state for state, to in KIT.transitions.items() if "packed" in to] == ["in-stock"]
