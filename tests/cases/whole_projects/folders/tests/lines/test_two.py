def test_full(full, event_loop):
    assert event_loop.run_until_complete(full.receive()) == "full"
