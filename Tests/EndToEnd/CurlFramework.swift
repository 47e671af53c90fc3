import Foundation
import Harness
import JSON
import NIOHTTP1
import Synchronization
import Transport

/// A framework that is curl: its subscription is a process that writes what it hears into a file.
final class CurlFramework: Sendable {
    let name: String
    private let cluster: Cluster
    private let file: String
    private let headers: String
    /// The framework's id, and that of its stream.
    private let ids = Mutex<(framework: String, stream: String)?>(nil)

    private init(_ cluster: Cluster, _ name: String) {
        self.cluster = cluster
        self.name = name
        file = cluster.folder + "/\(name).events"
        headers = cluster.folder + "/\(name).headers"
    }

    /// - Parameters:
    ///   - name: of the framework, and of the cluster's process that is its subscription.
    ///   - wantsOffers: false for one that only listens and asks.
    static func subscribe(
        to cluster: Cluster, name: String = "curl", capabilities: [String] = [], wantsOffers: Bool = true
    ) async throws -> CurlFramework {
        let framework = CurlFramework(cluster, name)
        let list = (["MULTI_ROLE"] + capabilities).map { #"{"type":"\#($0)"}"# }.joined(separator: ",")
        let info = #"{"user":"root","name":"\#(name)","roles":["*"],"capabilities":[\#(list)]}"#
        try cluster.start(
            name, program: "/usr/bin/curl",
            [
                "-sN", "\(cluster.master)/api/v1/scheduler", "-H", "Content-Type: application/json", "-D", framework.headers, "-o", framework.file,
                "-d",
                #"{"type":"SUBSCRIBE","subscribe":{"framework_info":\#(info)\#(wantsOffers ? "" : #","suppressed_roles":["*"]"#)}}"#
            ])
        try await eventually("the framework is subscribed") { try await framework.events().contains { $0["type"]?.string == "SUBSCRIBED" } }
        return framework
    }

    /// All that it has heard: JSON texts, each after its length and a line's end.
    func events() async throws -> [JSONValue] {
        var rest = [UInt8](FileManager.default.contents(atPath: file) ?? Data())[...]
        var events: [JSONValue] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), let length = Int(String(decoding: rest[..<end], as: UTF8.self)),
            rest.count >= end - rest.startIndex + 1 + length
        {
            events.append(try JSONValue(parsing: Array(rest[(end + 1)..<(end + 1 + length)])))
            rest = rest[(end + 1 + length)...]
        }
        return events
    }

    func offer() async throws -> (id: String, agent: String) {
        var found: (id: String, agent: String)?
        try await eventually("there is an offer") {
            guard let offer = try await self.events().compactMap({ $0["offers"]?["offers"]?.array?.first }).last,
                let id = offer["id"]?["value"]?.string,
                let agent = offer["agent_id"]?["value"]?.string
            else { return false }
            found = (id, agent)
            return true
        }
        guard let found else { throw TestFailure("no offer") }
        return found
    }

    /// - Parameter call: members of the call's object; the framework's id is added.
    func call(_ call: String) async throws -> Answer {
        let (id, stream) = try await ownIDs()
        return try await cluster.call(
            .POST, "\(cluster.master)/api/v1/scheduler", #"{"framework_id":{"value":"\#(id)"},\#(call)}"#,
            headers: ["Content-Type": "application/json", "Mesos-Stream-Id": stream])
    }

    private func ownIDs() async throws -> (framework: String, stream: String) {
        if let known = ids.withLock({ $0 }) { return known }
        let id = try await events().compactMap { $0["subscribed"]?["framework_id"]?["value"]?.string }.first ?? ""
        let text = String(decoding: FileManager.default.contents(atPath: headers) ?? Data(), as: UTF8.self)
        let stream = text.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("mesos-stream-id:") }?.split(separator: " ").last ?? ""
        ids.withLock { $0 = (id, String(stream)) }
        return (id, String(stream))
    }
}
