import ArgumentParser
import Foundation
import JSON
import Logging
import NIOHTTP1
import Transport

/// Where the cluster is; each can be set by a variable, so that a shell needs it once. An address may say as whom: `http://user:password@host:port`.
struct ClusterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address of services ($AGORA_SERVICES).", valueName: "url"))
    var services = Environment.text("SERVICES", "http://127.0.0.1:\(Environment.text("SERVICES_PORT", "8080"))")

    @Option(help: ArgumentHelp("Address of the master ($AGORA_MASTER).", valueName: "url"))
    var master = Environment.text("MASTER", "http://127.0.0.1:\(Environment.text("MASTER_PORT", "5050"))")

    @Option(help: ArgumentHelp("Address of batch ($AGORA_BATCH).", valueName: "url"))
    var batch = Environment.text("BATCH", "http://127.0.0.1:\(Environment.text("BATCH_PORT", "4400"))")

    @Flag(help: "Print JSON, for programs.")
    var json = false
}

/// What a server said no to, or why it can't be reached: one line for people.
struct ClientError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Speaks to a cluster's APIs for the commands.
final class ClusterClient: Sendable {
    let services: String
    let master: String
    let batch: String
    private let servers: [ServerAddress]
    private let caller: HTTPCaller

    /// What an address lacks of credentials comes from the variable that its server reads, or from AGORA_HTTP_CREDENTIALS.
    init(_ options: ClusterOptions) {
        let variables = ProcessInfo.processInfo.environment
        let all = variables["AGORA_HTTP_CREDENTIALS"]
        let services = ServerAddress(options.services, or: [variables["MARATHON_HTTP_CREDENTIALS"], variables["MESOSPHERE_HTTP_CREDENTIALS"], all])
        let master = ServerAddress(options.master, or: [all])
        let batch = ServerAddress(options.batch, or: [variables["CHRONOS_HTTP_CREDENTIALS"], all])
        servers = [services, master, batch]
        self.services = services.base
        self.master = master.base
        self.batch = batch.base
        caller = HTTPCaller(logger: Logger(label: "cli") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a command's body with a client, and turns any failure into one line and exit status 1.
    static func run(_ options: ClusterOptions, _ body: (ClusterClient) async throws -> Void) async throws {
        let client = ClusterClient(options)
        do {
            try await body(client)
            try? await client.caller.shutdown()
        } catch let error as ExitCode {
            try? await client.caller.shutdown()
            throw error
        } catch {
            try? await client.caller.shutdown()
            fail("\(error)")
        }
    }

    /// The answer's JSON.
    /// - Throws: `ClientError` with what the server said, for every status but 2xx.
    @discardableResult
    func send(_ method: HTTPMethod, _ url: String, _ body: [UInt8] = []) async throws -> JSONValue {
        let answer = try await exchange(method, url, body)
        guard (200..<300).contains(answer.status.code) else { throw ClientError(refusal(answer, url)) }
        guard !answer.body.isEmpty else { return .null }
        do {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw ClientError("\(url) answered with something that is not JSON: \(error)")
        }
    }

    /// What is there, as it is.
    func text(_ url: String) async throws -> String {
        let answer = try await exchange(.GET, url)
        guard (200..<300).contains(answer.status.code) else { throw ClientError(refusal(answer, url)) }
        return String(decoding: answer.body, as: UTF8.self)
    }

    /// The answer as it is, of any status.
    func exchange(_ method: HTTPMethod, _ url: String, _ body: [UInt8] = []) async throws -> Answer {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if !body.isEmpty { headers.add(name: "Content-Type", value: "application/json") }
        // Nobody else is told, agents for one.
        if let authorization = servers.first(where: { $0.holds(url) })?.authorization { headers.add(name: "Authorization", value: authorization) }
        do {
            return try await caller.send(HTTPCaller.Request(method, url, headers: headers, body: body, deadline: .seconds(30)))
        } catch let failure as HTTPCaller.Failure {
            if case .invalidURL = failure { throw ClientError("\(failure)") }
            throw ClientError("\(url): \(failure). Is the cluster up? (agora up)")
        }
    }

    /// Marathon's error bodies as text: the message, then each violation.
    private func refusal(_ answer: Answer, _ url: String) -> String {
        if answer.status == .unauthorized {
            return "\(url) wants to know who asks: give its address as http://user:password@host:port, or set AGORA_HTTP_CREDENTIALS to user:password"
        }
        let body = (try? JSONValue(parsing: answer.body)) ?? .null
        if answer.status == .notFound, let stranger = stranger(at: url, saying: body["message"]?.string) { return stranger }
        guard let message = body["message"]?.string else {
            return "\(url) answered \(answer.status.code) \(answer.status.reasonPhrase)" + (answer.body.isEmpty ? "" : ": \(answer.text)")
        }
        var lines = [message]
        if answer.status == .conflict, let deployments = body["deployments"]?.array {
            lines[0] = "locked by a deployment (\(deployments.compactMap { $0["id"]?.string }.joined(separator: ", "))); override with --force"
        }
        for detail in body["details"]?.array ?? [] {
            let errors = (detail["errors"]?.array ?? []).compactMap(\.string).joined(separator: "; ")
            lines.append("  \(detail["path"]?.string ?? "/"): \(errors)")
        }
        if let text = body["details"]?.string { lines.append("  \(text)") }
        return lines.joined(separator: "\n")
    }

    /// Who has none of the paths of batch or of services is something else.
    /// - Parameter message: what it said beside 404.
    private func stranger(at url: String, saying message: String?) -> String? {
        let isOfBatch = url.hasPrefix(batch + "/v1/scheduler/") || url.hasPrefix(batch + "/agora/v1/")
        if isOfBatch, message == nil || message == "URI not found" { return "\(batch): this is no batch server" }
        let isOfServices = url.hasPrefix(services + "/v2/")
        return isOfServices && (message == nil || message == "There is no such resource") ? "\(services): this is no services server" : nil
    }
}

/// Escapes what may not stand in a path's segment or in a query as it is.
func urlEscaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~/"))) ?? text
}

/// `/a/b` for what a person types: `a/b` or `/a/b`.
func appPath(_ id: String) -> String { (id.hasPrefix("/") ? "" : "/") + id }

/// Prints JSON as it came.
func printJSON(_ value: JSONValue) { say(String(decoding: value.bytes, as: UTF8.self)) }

/// "2.5", "4": up to three decimals, none that say nothing.
func quantity(_ value: JSONValue?) -> String {
    guard let number = value?.double else { return "-" }
    var text = String(format: "%.3f", number)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
}
