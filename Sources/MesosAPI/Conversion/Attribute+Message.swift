package import Resources
import SwiftProtobuf

extension Attribute {
    /// The attribute, or nil if the message has no value of its type, one out of bounds, or a set (which attributes can't be).
    package init?(_ message: Mesos_V1_Attribute) {
        let value: Value
        switch message.type {
        case .scalar:
            guard message.hasScalar, let amount = Scalar(message.scalar.value) else { return nil }
            value = .scalar(amount)
        case .ranges:
            guard message.hasRanges, message.ranges.range.allSatisfy({ $0.begin <= $0.end }) else { return nil }
            value = .ranges(Ranges(message.ranges.range.map { $0.begin...$0.end }))
        case .text:
            guard message.hasText else { return nil }
            value = .text(message.text.value)
        case .set: return nil
        }
        self.init(message.name, value)
    }
}

extension Mesos_V1_Attribute {
    package init(_ attribute: Attribute) {
        self.init()
        name = attribute.name
        switch attribute.value {
        case .scalar(let amount):
            type = .scalar
            scalar.value = amount.double
        case .ranges(let values):
            type = .ranges
            ranges.range = values.ranges.map { value in
                .with {
                    $0.begin = value.lowerBound
                    $0.end = value.upperBound
                }
            }
        case .text(let value):
            type = .text
            text.value = value
        }
    }
}
