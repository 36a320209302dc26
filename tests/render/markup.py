"""Reading a page back, and names that try to break it."""

from html.parser import HTMLParser

HOSTILE = "<img src=x onerror=alert(1)>\"'"


class PageParser(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    @property
    def tag_names(self):
        return [tag for tag, _ in self.elements]

    @property
    def attributes(self):
        return [attribute for _, attrs in self.elements for attribute in attrs.items()]

    def find_all(self, tag, **attributes):
        """Attributes of the elements of a tag; `class_` names one of the classes."""
        class_name = attributes.pop("class_", None)
        return [
            attrs
            for name, attrs in self.elements
            if name == tag
            and (class_name is None or class_name in attrs.get("class", "").split())
            and all(attrs.get(key) == value for key, value in attributes.items())
        ]
