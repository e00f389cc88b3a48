from shop import charge, ship


def test_what_is_paid_is_shipped(prove):
    assert prove(charge.s(5) | ship.s()).result == "shipped for 5"
