package import JSON

/// Members of objects, by type. What is nil is left out.
extension JSONWriter {
    package mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(verbatim: name)
        string(text)
    }

    package mutating func member(_ name: StaticString, _ number: Int) {
        key(verbatim: name)
        int(number)
    }

    /// Without needless decimals.
    package mutating func member(_ name: StaticString, _ number: Double) {
        key(verbatim: name)
        self.number(number)
    }

    package mutating func member(_ name: StaticString, _ flag: Bool) {
        key(verbatim: name)
        bool(flag)
    }

    package mutating func strings(_ texts: [String]) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Left out when empty.
    package mutating func strings(_ name: StaticString, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        key(verbatim: name)
        strings(texts)
    }

    package mutating func elements<Element>(
        _ name: StaticString, _ elements: [Element], isOmittedWhenEmpty: Bool = true, _ write: (Element, inout JSONWriter) -> Void
    ) {
        if isOmittedWhenEmpty, elements.isEmpty { return }
        key(verbatim: name)
        beginArray()
        for element in elements { write(element, &self) }
        endArray()
    }

    package mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void) {
        beginArray()
        for element in elements { body(&self, element) }
        endArray()
    }
}
