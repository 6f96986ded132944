"""What was written is shown in the same words wherever a customer is shown."""

import pytest

CUSTOMERS = "/api/v1/customers/"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Zoë O’Hara", "phone_number": "07451277972", "email": "zoe@example.com"},
        {"name": "Wanjiku", "phone_number": "", "email": "", "code": "b-1"},
    ],
    ids=["everything", "name-alone"],
)
def test_a_list_a_detail_and_the_answers_to_writes_say_the_same(api, body):
    client = api()
    created = client.post(CUSTOMERS, body, format="json")
    assert created.status_code == 201
    shown = client.get(created["Location"])
    changed = client.put(created["Location"], body, format="json")
    assert created.content == shown.content == changed.content
    for address in (CUSTOMERS, f"{CUSTOMERS}?search={created.data['code']}"):
        assert shown.content in client.get(address).content
