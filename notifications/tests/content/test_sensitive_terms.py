"""Words of health, in whatever form they stand; and the ordinary ones beside them."""

import pytest
from django.core.exceptions import ValidationError

from notifications.content.sensitive_terms import check_sensitive_terms
from orders.tests.factories import KitFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "Your carrier screening kits have arrived",
        "The Carrier-Screening results",
        "Your genetics results",
        "genetically",
        "two mammograms",
        "MAMMOGRAPHY",
        "genomes",
        "several diagnoses",
        "you were diagnosed",
        "D.N.A.",
        "D N A",
        "\uff24\uff2e\uff21",
        "D\u00adN\u200bA",
        "ge\u00adnome",
        "G\u0435nome",
        "HIV-positive",
        "Your night serum 30 ml is on its way",
        "Night  Serum",
        "pharmacogenomics",
        "it-2 has shipped",
        # written together
        "DNAkit",
        "Your dnakit",
        "MyDNA test",
        "dna1",
        "1dna",
        "mydna",
        "DNATest",
        "testdna",
        "carrierscreening",
        "CarrierScreening",
        "carrierscreeningkit",
        "nightserum",
        "MyNightSerum",
        "mygenome",
        "myGenetically",
        # broken
        "mammo-gram",
        "mammo-grams",
        "mammo gram",
        "mammo-\ngram",
        "gen-etic",
        "ge.ne.tic",
        "gen_etics",
        "g-e-n-e-t-i-c",
        "D-NA",
        "can/cer",
        "night-serum",
        "My-DN.A-kit",
        # look-alike letters
        "D\u039dA",
        "\u1d05\u0274\u1d00",
        "\U0001f173\U0001f17d\U0001f170",
        "\U0001f153\U0001f15d\U0001f150",
        "\U0001f1e9\U0001f1f3\U0001f1e6",
        "\u0261enome",
        "d\u0131agnosis",
        "D\u0418A",
        "DN\u039b",
        "DN\u00c1",
        "\u13a0N\u13aa",
        "\ua4d3\ua4e0\ua4ee",
        "c\u0251ncer",
        "H\u0399V",
        "M\u0443DNA",
    ],
)
def test_words_of_health_are_found_in_whatever_form(text):
    KitFactory.create(name="Carrier screening kit", item_id="carrier-screening")
    KitFactory.create(name="PGx", item_id="pharmacogenomics")
    ProductFactory.create(name="Night serum, 30 ml", item_id="it-2", kind="treatment")
    with pytest.raises(ValidationError) as refused:
        check_sensitive_terms("sms", text)
    assert refused.value.error_dict["message"][0].code == "health"


@pytest.mark.parametrize(
    "text",
    [
        "Your order is on its way. Good night!",
        "We sent it 2 days ago",
        "The screening of visitors",
        "Your results are in",
        "Everything in general is cancelled",
        "A kit is on its way",
        "Adnan, your parcel is on its way",
        "ADNAN, YOUR PARCEL",
        "Madonna and Edna Bodnar",
        "ordnance",
        "We're getting ready",
        "wednesday, dnes, dna\u0142",
        "Hive, archive, HIVER, Hi-Vis",
        "Cancel it, or cancelled",
        "Canceling: can certainly be done",
        "a general of the general, Gen. Omar",
        "Generation next, genuine goods, oxygen",
        "Examples from Exeter, ex Oman",
        "Das Paket wurde angenommen, wir haben es genommen",
        "Wij hebben contact opgenomen en het genomen",
        "the contest of the kids",
        "McDonald, iPhone, eBay, LDNAirport",
        "Ron D. Nash",
        "Call 0800 123456, order CO-12, 5kg, 30ml",
        "id N/A, and D. Naylor",
        "https://example.com/t/a1B2c3",
        "\u0441\u043e \u0434\u043d\u0430 \u043f\u043e\u043a\u0443\u043f\u043a\u0438",
        "Mizigo yako imefika. Asante!",
        "Tu pedido est\u00e1 en camino, gracias. Adi\u00f3s",
        "Din pakke er p\u00e5 vej g\u00f8r klar",
    ],
)
def test_words_that_say_nothing_of_health_pass(text):
    KitFactory.create(name="Carrier screening kit", item_id="carrier-screening")
    ProductFactory.create(name="Night serum, 30 ml", item_id="it-2", kind="treatment")
    check_sensitive_terms("sms", text)
