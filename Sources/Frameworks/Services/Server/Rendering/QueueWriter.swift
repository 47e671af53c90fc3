import FrameworkCore
import JSON
import Machine
import ServicesCore

/// Writes the launch queue. Specified by Marathon 1.11 docs/rest-api (queue.raml).
enum QueueWriter {
    static func write(_ item: QueueItem, showsOffers: Bool, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("count", item.count)
        writer.member("role", item.definition.role)
        writer.key(verbatim: "delay")
        writer.beginObject()
        writer.member("timeLeftSeconds", Int((item.delay + .second - 1) / .second))
        writer.member("overdue", item.delay <= 0)
        writer.endObject()
        writer.member("since", item.since.description)
        writer.key(verbatim: "processedOffersSummary")
        write(item.funnel, into: &writer)
        if showsOffers {
            writer.key(verbatim: "lastUnusedOffers")
            writer.array(item.funnel.lastRefused) { write($1, into: &$0) }
        }
        writer.key(verbatim: "app")
        item.definition.write(into: &writer)
        writer.endObject()
    }

    private static func write(_ funnel: OfferFunnel, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("processedOffersCount", funnel.processed)
        writer.member("unusedOffersCount", funnel.unused)
        if let time = funnel.lastUnusedAt { writer.member("lastUnusedOfferAt", time.description) }
        if let time = funnel.lastUsedAt { writer.member("lastUsedOfferAt", time.description) }
        writer.key(verbatim: "rejectSummaryLastOffers")
        write(funnel.lastOfferRows, into: &writer)
        writer.key(verbatim: "rejectSummaryLaunchAttempt")
        write(funnel.attemptRows, into: &writer)
        writer.endObject()
    }

    private static func write(_ rows: [OfferFunnel.Row], into writer: inout JSONWriter) {
        writer.array(rows) { writer, row in
            writer.beginObject()
            writer.member("reason", row.stage.name)
            writer.member("declined", row.declined)
            writer.member("processed", row.processed)
            writer.endObject()
        }
    }

    private static func write(_ refused: OfferFunnel.Refused, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(verbatim: "offer")
        writer.beginObject()
        writer.member("id", refused.offer.id)
        writer.member("hostname", refused.agent.host)
        writer.member("agentId", refused.agent.id)
        writer.key(verbatim: "resources")
        writer.array(refused.offer.resources) { write($1, into: &$0) }
        writer.key(verbatim: "attributes")
        writer.array(refused.agent.attributes) { writer, attribute in
            writer.beginObject()
            writer.member("name", attribute.name)
            writer.member("text", attribute.value.text)
            writer.endObject()
        }
        writer.endObject()
        writer.key(verbatim: "reason")
        writer.array(refused.stages) { $0.string($1.name) }
        writer.member("timestamp", refused.at.description)
        writer.endObject()
    }

    private static func write(_ resource: OfferSummary.Resource, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", resource.name)
        writer.member("role", resource.role)
        switch resource.amount {
        case .scalar(let amount):
            writer.key(verbatim: "scalar")
            writer.number(amount)
        case .ranges(let ranges):
            writer.key(verbatim: "ranges")
            writer.array(ranges) { writer, range in
                writer.beginObject()
                writer.key(verbatim: "begin")
                writer.uint(range.lowerBound)
                writer.key(verbatim: "end")
                writer.uint(range.upperBound)
                writer.endObject()
            }
        case .set(let items):
            writer.key(verbatim: "set")
            writer.array(items) { $0.string($1) }
        }
        writer.endObject()
    }
}
