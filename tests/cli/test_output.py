from packshot.cli.output import processes_for
from packshot.processes import available_cores


def test_a_few_photos_are_done_without_other_processes():
    assert processes_for(7, None, few=8) == 1
    assert processes_for(8, None, few=8) == available_cores()


def test_the_users_choice_holds():
    assert processes_for(1, 3, few=8) == 3
    assert processes_for(1000, 1, few=8) == 1
