/// The value of an agent's attribute, and its text, which is what constraints compare.
package enum AttributeValue: Hashable, Sendable {
    case text(String)
    case scalar(Double)
    case ranges([ClosedRange<UInt64>])
    case set([String])

    package var text: String {
        switch self {
        case .text(let text): text
        case .scalar(let number): Self.text(of: number)
        case .ranges(let ranges):
            "[" + ranges.sorted { $0.lowerBound < $1.lowerBound }.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",") + "]"
        case .set(let items): "{" + items.sorted().joined(separator: ",") + "}"
        }
    }

    /// Up to three decimals, none needless; a tie goes to the even neighbour (`0.###` of java.text.DecimalFormat).
    package static func text(of number: Double) -> String {
        let product = number * 1000
        // The product may have been rounded onto a tie that the exact one isn't.
        let error = (-product).addingProduct(number, 1000)
        var rounded = product.rounded(.toNearestOrEven)
        if (product - product.rounded(.down)) == 0.5, error != 0 { rounded = product.rounded(error > 0 ? .up : .down) }
        guard let thousandths = Int64(exactly: rounded) else { return "\(number)" }
        let (whole, fraction) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        var text = (thousandths < 0 ? "-" : "") + String(whole)
        guard fraction > 0 else { return text }
        var digits = String(1000 + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        text += "." + digits
        return text
    }
}
