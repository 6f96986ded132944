"""Africa's Talking's API, its traps, and its delivery reports."""

from urllib.parse import parse_qsl

import pytest
import requests

from sandbox.testing import wait_until

NUMBER = "+254704590344"


def recipients(answer):
    return answer.json()["SMSMessageData"]["Recipients"]


def forms(posts):
    return [dict(parse_qsl(post.body.decode())) for post in posts]


def test_an_accepted_message_is_answered_as_documented(sandbox, sms):
    answer = sms(sandbox, NUMBER)
    assert answer.status_code == 201
    assert answer.json()["SMSMessageData"]["Message"] == "Sent to 1/1 Total Cost: KES 0.8000"
    (recipient,) = recipients(answer)
    assert recipient.pop("messageId").startswith("ATXid_")
    expected = {"statusCode": 101, "number": NUMBER, "status": "Success", "cost": "KES 0.8000"}
    assert recipient == expected


def test_it_is_recorded_without_the_key(sandbox, sms):
    answer = sms(sandbox, NUMBER)
    (entry,) = sandbox.ledger()["sms"]
    assert entry["provider"] == "africastalking"
    assert entry["recipient"] == NUMBER
    assert entry["message"] == "Your order is placed."
    assert entry["messageId"] == recipients(answer)[0]["messageId"]
    assert entry["authorized"] is True
    assert sandbox.config.africas_talking_api_key not in str(entry)


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_a_wrong_key_is_401_in_plain_text(sandbox, sms, key):
    headers = {"Accept": "application/json", **({} if key is None else {"apiKey": key})}
    answer = sms(sandbox, NUMBER, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text == "The supplied authentication is invalid"


def test_a_wrong_user_name_is_401_too(sandbox, sms):
    assert sms(sandbox, NUMBER, username="somebody").status_code == 401


def test_an_unknown_sender_is_a_success_without_recipients(sandbox, sms):
    answer = sms(sandbox, NUMBER, **{"from": "NOBODY"})
    assert answer.status_code == 201
    expected = {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
    assert answer.json() == expected
    assert sandbox.ledger()["sms"][0]["statusCode"] is None


def test_the_registered_sender_is_accepted(sandbox, sms):
    answer = sms(sandbox, NUMBER, **{"from": sandbox.config.africas_talking_sender_id})
    assert recipients(answer)[0]["statusCode"] == 101


@pytest.mark.parametrize("number", ["+254704590344", "+447451277972", "+254711000000"])
def test_real_looking_numbers_are_accepted(sandbox, sms, number):
    assert recipients(sms(sandbox, number))[0]["statusCode"] == 101


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (401, "RiskHold"),
        (402, "InvalidSenderId"),
        (403, "InvalidPhoneNumber"),
        (404, "UnsupportedNumberType"),
        (405, "InsufficientBalance"),
        (406, "UserInBlacklist"),
        (407, "CouldNotRoute"),
        (409, "DoNotDisturbRejection"),
        (500, "InternalServerError"),
        (501, "GatewayError"),
        (502, "RejectedByGateway"),
    ],
)
def test_each_rejection_has_its_number(sandbox, sms, code, status):
    answer = sms(sandbox, f"+25470459{9000 + code}")
    assert answer.status_code == (409 if code == 409 else 201)
    (recipient,) = recipients(answer)
    assert (recipient["statusCode"], recipient["status"]) == (code, status)
    assert (recipient["cost"], recipient["messageId"]) == ("0", "None")


@pytest.mark.parametrize("code", [100, 101, 102])
def test_each_acceptance_has_its_number(sandbox, sms, code):
    (recipient,) = recipients(sms(sandbox, f"+25470459{9000 + code}"))
    assert (recipient["statusCode"], recipient["status"]) == (code, "Success")


def test_several_recipients_are_answered_one_by_one(sandbox, sms):
    answer = sms(sandbox, f"{NUMBER}, +254704599406,+447451277972")
    assert [r["statusCode"] for r in recipients(answer)] == [101, 406, 101]
    assert answer.json()["SMSMessageData"]["Message"] == "Sent to 2/3 Total Cost: KES 1.6000"
    assert [e["statusCode"] for e in sandbox.ledger()["sms"]] == [101, 406, 101]


@pytest.mark.parametrize("number", ["0704590344", "+12", "nobody", "+2547045903449999999"])
def test_a_number_not_in_international_form_is_invalid(sandbox, sms, number):
    assert recipients(sms(sandbox, number))[0]["statusCode"] == 403


def test_enqueue_queues(sandbox, sms):
    assert recipients(sms(sandbox, NUMBER, enqueue="1"))[0]["statusCode"] == 102


def test_without_accept_json_the_answer_is_xml(sandbox, sms):
    answer = sms(sandbox, NUMBER, headers={"apiKey": sandbox.config.africas_talking_api_key})
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert f"<number>{NUMBER}</number>" in answer.text


@pytest.mark.parametrize("missing", ["username", "to", "message"])
def test_a_missing_field_is_named_in_plain_text(sandbox, sms, missing):
    answer = sms(sandbox, **{"to": NUMBER, missing: ""})
    assert answer.status_code == 400
    assert f"'{missing}'" in answer.text


def test_json_is_no_form(sandbox):
    url = f"{sandbox.url}/africastalking/version1/messaging"
    headers = {"apiKey": sandbox.config.africas_talking_api_key}
    answer = requests.post(url, json={"username": "sandbox"}, headers=headers, timeout=10)
    assert answer.status_code == 400


def test_an_accepted_message_is_reported(posting, receiver, sms):
    name = recipients(sms(posting, NUMBER))[0]["messageId"]
    posts = receiver.wait_for(2)
    token = posting.config.africas_talking_callback_token
    assert {p.path for p in posts} == {f"/api/v1/webhooks/africastalking/{token}/delivery/"}
    first, last = forms(posts)
    assert (first["status"], last["status"]) == ("Sent", "Success")
    assert set(last) == {"id", "status", "phoneNumber", "networkCode", "retryCount"}
    assert (last["id"], last["phoneNumber"]) == (name, NUMBER)


@pytest.mark.parametrize(
    ("ending", "status", "has_reason"),
    [
        ("9601", "Failed", True),
        ("9602", "Rejected", True),
        ("9603", "AbsentSubscriber", False),
        ("9604", "Expired", False),
    ],
)
def test_a_failure_comes_with_a_reason_where_documented(
    posting, receiver, sms, ending, status, has_reason
):
    sms(posting, f"+25470459{ending}")
    last = forms(receiver.wait_for(2))[1]
    assert last["status"] == status
    assert ("failureReason" in last) is has_reason


def test_a_report_may_come_late_and_out_of_order(posting, receiver, sms):
    sms(posting, "+254704599606")
    assert [form["status"] for form in forms(receiver.wait_for(2))] == ["Success", "Sent"]


def test_rejected_and_silent_numbers_are_not_reported(posting, receiver, sms):
    sms(posting, "+254704599406")
    sms(posting, "+254704599605")
    sms(posting, NUMBER)
    assert {form["phoneNumber"] for form in forms(receiver.wait_for(2))} == {NUMBER}


def test_reports_can_be_switched_off(posting, receiver, sms, monkeypatch):
    monkeypatch.setattr(posting.config, "reports", False)
    sms(posting, NUMBER)
    monkeypatch.setattr(posting.config, "reports", True)
    sms(posting, "+447451277972")
    assert {form["phoneNumber"] for form in forms(receiver.wait_for(2))} == {"+447451277972"}


def test_a_report_is_repeated_after_a_server_error(posting, receiver, sms):
    receiver.answers = [500]
    sms(posting, NUMBER)
    wait_until(lambda: posting.stats()["posted"] == 2)
    assert [form["status"] for form in forms(receiver.posts)] == ["Sent", "Sent", "Success"]
