from packshot.cli.output import choose_workers
from packshot.processes import count_available_cores


def test_a_few_photos_are_done_without_other_processes():
    assert choose_workers(7, None, parallel_threshold=8) == 1
    assert choose_workers(8, None, parallel_threshold=8) == count_available_cores()


def test_the_users_choice_holds():
    assert choose_workers(1, 3, parallel_threshold=8) == 3
    assert choose_workers(1000, 1, parallel_threshold=8) == 1
