"""The pleasantness of what an ImageNet classifier can tell apart: our own guess, no ratings.

Six hundred rated photos cannot teach what people feel about a thousand kinds of thing, and a theme that
is held out has none to learn from. So the classes are put into groups, and each group is given a value
by common sense: dogs, beaches and desserts please; snakes, weapons and rubbish do not. The values are
our own, rough on purpose, and not derived from ratings; the network learns how far to trust them.
Numbers are those of ImageNet's 1000 classes in their usual order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array

CLASSES = 1000
"""Of ImageNet (ILSVRC 2012)."""


@dataclass(frozen=True)
class ClassGroup:
    """Classes that please alike.

    Attributes:
        name: What they are.
        pleasantness: -2 very unpleasant to 2 very pleasant.
        classes: Their numbers: single ones and ranges, both ends included.

    Example:
        >>> ClassGroup("swans", 0.9, "97-99 145").numbers
        [97, 98, 99, 145]
    """

    name: str
    pleasantness: float
    classes: str

    @property
    def numbers(self) -> list[int]:
        """Numbers of the classes."""
        numbers: list[int] = []
        for part in self.classes.split():
            first, _, last = part.partition("-")
            numbers += range(int(first), int(last or first) + 1)
        return numbers


GROUPS = (
    ClassGroup("fish", 0.3, "0-1 389-392 394-397"),
    ClassGroup("coral fish", 0.9, "393 973"),
    ClassGroup("sharks and rays", -0.8, "2-6"),
    ClassGroup("poultry", 0.2, "7-9 80-83 85-86"),
    ClassGroup("birds", 0.8, "10-22 24 84 87-96 127-144 146"),
    ClassGroup("water birds", 0.8, "97-100 145"),
    ClassGroup("vulture", -0.6, "23"),
    ClassGroup("amphibians", -0.2, "25-32"),
    ClassGroup("turtles", 0.6, "33-37"),
    ClassGroup("lizards", -0.3, "38-48"),
    ClassGroup("crocodiles and dinosaurs", -0.8, "49-51"),
    ClassGroup("snakes", -1.4, "52-68"),
    ClassGroup("spiders, scorpions, centipedes", -1.5, "70-79 815"),
    ClassGroup("shells and crabs", -0.1, "69 112 116-126"),
    ClassGroup("slugs, worms, jellyfish", -0.6, "107 110-111 113-115 329"),
    ClassGroup("sea life", 0.5, "108-109 327-328"),
    ClassGroup("marsupials and other mammals", 0.8, "102-106"),
    ClassGroup("elephants", 1.0, "101 385-386"),
    ClassGroup("sea mammals", 0.9, "147-150"),
    ClassGroup("dogs", 1.1, "151-268"),
    ClassGroup("wolves, wild dogs, hyenas", 0.1, "269-276"),
    ClassGroup("foxes", 0.8, "277-280"),
    ClassGroup("cats", 1.1, "281-285"),
    ClassGroup("big cats", 0.6, "286-293"),
    ClassGroup("bears", 0.5, "294-297"),
    ClassGroup("pandas and meerkats", 1.0, "298-299 387-388"),
    ClassGroup("insects", -0.7, "300 302-307 309-313 315-318"),
    ClassGroup("flies and cockroaches", -1.6, "308 314"),
    ClassGroup("butterflies, ladybugs, dragonflies", 1.0, "301 319-326"),
    ClassGroup("rabbits and hamsters", 1.2, "330-333 338"),
    ClassGroup("rodents", 0.6, "334-337"),
    ClassGroup("horses and zebras", 0.9, "339-340 603"),
    ClassGroup("pigs, cattle, hippos", 0.0, "341-347 690"),
    ClassGroup("deer, sheep, camels", 0.5, "348-355"),
    ClassGroup("weasels, skunks, sloths", 0.2, "356-364"),
    ClassGroup("apes and monkeys", 0.4, "365-384"),
    ClassGroup("beach and sea", 1.7, "460 525 536 625 976-978"),
    ClassGroup("lakes, mountains, valleys", 1.6, "970 972 974-975 979"),
    ClassGroup("volcano", -0.2, "980"),
    ClassGroup("flowers", 1.4, "883 984-986"),
    ClassGroup("fields, barns, hay", 0.6, "425 595 730 856 866 912 958 987"),
    ClassGroup("nuts and berries", 0.4, "988-990"),
    ClassGroup("mushrooms", 0.1, "947 991-997"),
    ClassGroup("fruit", 0.9, "948-957"),
    ClassGroup("vegetables", 0.5, "936-946"),
    ClassGroup("sweets", 1.4, "509 927-929 960"),
    ClassGroup("meals", 0.7, "415 762 923-926 930-935 959 961-965"),
    ClassGroup("coffee and tea", 0.8, "504-505 550 849 967-968"),
    ClassGroup("alcohol", 0.5, "440-441 503 572 901 907 966 969"),
    ClassGroup(
        "kitchen things",
        0.1,
        "473 512 521 534 544 567 618 647 651 653 659 666 729 737-738 760 766 773 809"
        " 813 827-828 859 868 891 898-899 909-910",
    ),
    ClassGroup("weapons", -1.9, "413 471 586 596 657 744 763-764 777 847 895"),
    ClassGroup("blades and traps", -1.1, "491 499 583 623 674"),
    ClassGroup("army and war", -0.8, "403 439 461 465 490 524 597 652 715 787 833"),
    ClassGroup("prison, chains and fences", -1.2, "488-489 743 877"),
    ClassGroup("masks", -1.1, "570 643 676 796"),
    ClassGroup("rubbish and wrecks", -1.7, "412 569 728 913"),
    ClassGroup("toilets and cleaning", -0.9, "462-463 533 700 731 861 882 896-897 999"),
    ClassGroup("illness and injury", -1.3, "407 419 523 529 617 648 678 691 712 720 823 830 840 845"),
    ClassGroup("police and fire engines", -0.8, "555 734"),
    ClassGroup("fire and smoke", -0.7, "626 644 860 862"),
    ClassGroup("candles and feasts", 1.1, "470 496 494 607 645 819 854"),
    ClassGroup("industry", -0.5, "510 517 540 561 571 634 686 694 705 733 755 807 864 867 900"),
    ClassGroup("tools", -0.4, "477 587 600 616 606 677 710 714 740 783-784 792 811"),
    ClassGroup(
        "walls, doors, locks", -0.4, "421 507 539 580-581 695 716 758 771 789 799 825 858 884 904-905"
    ),
    ClassGroup("boxes and containers", -0.2, "427-428 478 492 519 549 588 692 756 790-791 886 893"),
    ClassGroup(
        "office",
        -0.3,
        "398 418 446 481-482 487 508 526-528 530-531 553 563 590 592 605 613 620 633 635 662 664"
        " 673 681 707 709 713 742 749 754 761 767 769 772 782 798 810 844 848 851 878 916",
    ),
    ClassGroup("street", -0.2, "468 479 621 637 640 656 675 704 717 751 803 821 829 874 919-920"),
    ClassGroup("cars", 0.3, "436 475 511 573 575 609 627 654 661 817"),
    ClassGroup("trains and aeroplanes", 0.3, "404-405 466 547 565 812 820 908"),
    ClassGroup("boats", 1.0, "449 472 484 576 628 693 780 814 871 914"),
    ClassGroup("bicycles and motorcycles", 0.4, "444 518 665 670-671 870 880"),
    ClassGroup(
        "sports",
        0.4,
        "416 422 429-430 522 543 560 574 602 610 615 701-702 722 736 746-747 752 768 770 781 795"
        " 802 805 852 890 981",
    ),
    ClassGroup("snow sports and camping", 0.9, "450 537 672 797 801 983"),
    ClassGroup("playing", 1.1, "417 476 611 719 723 843 850 865 971"),
    ClassGroup("swimwear and summer", 0.8, "433 445 638-639 774-775 836-838 842 879"),
    ClassGroup("weddings and dress", 1.1, "457 552 578 601 614 689 834 982"),
    ClassGroup("babies", 1.0, "431 443 516 520 680"),
    ClassGroup(
        "clothes",
        0.2,
        "399-400 411 451-452 459 474 501-502 514-515 568 608 630 655 658 667 697 735 748 806 808"
        " 824 841 869 887 906",
    ),
    ClassGroup("jewellery and beauty", 0.5, "551 584-585 589 629 631 679 711 804 903"),
    ClassGroup(
        "music",
        0.7,
        "401-402 420 432 486 513 541-542 546 558 566 577 579 593-594 632 641-642 650 683-684 687"
        " 699 776 822 875 881 889",
    ),
    ClassGroup(
        "home",
        0.4,
        "410 414 423-424 434-435 453-454 464 493 495 532 545 548 556 559 564 591 619 624 706 721"
        " 741 750 753 765 793-794 831 846 857 876 892 894 911",
    ),
    ClassGroup(
        "castles, churches, monuments",
        0.8,
        "406 442 458 483 497-498 538 557 562 649 663 668 682 698 703 708 718 727"
        " 832 835 839 853 863 873 888 915",
    ),
)
"""Pleasantness by common sense; see decision 15 for what it brings."""

OTHER = "everything else"
"""Name of the group of all classes that are in no other."""


def build_group_table() -> Float32Array:
    """Return what each group takes of the classes' probabilities.

    Returns:
        (G + 2, 1000): a row of zeros and ones for each of `GROUPS`, one for all other classes, and last
        the pleasantness of every class.

    Example:
        >>> table = build_group_table()
        >>> table.shape == (len(GROUPS) + 2, CLASSES), bool((table[:-1].sum(axis=0) == 1).all())
        (True, True)
    """
    table = np.zeros((len(GROUPS) + 2, CLASSES), np.float32)
    for row, group in enumerate(GROUPS):
        table[row, group.numbers] = 1
    table[len(GROUPS)] = 1 - table[: len(GROUPS)].sum(0)
    values = np.array([group.pleasantness for group in GROUPS], np.float32)
    table[-1] = values @ table[: len(GROUPS)]
    return table
