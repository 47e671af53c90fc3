import AgentCore
import AgoraAPI
import AsyncHTTPClient
import Foundation
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SwiftProtobuf

/// Puts the files of a task into its sandbox. Specified by Mesos 1.11 docs/fetcher.md, without its cache.
///
/// What comes over HTTP is written by the agent and given to the task's user; all that touches files of this machine (copying, unpacking)
/// runs as that user, in a container of the launcher's.
final class Fetcher: Sendable {
    private struct Failure: Error {
        let text: String
        var status: Int32 = 1
    }

    private let launcher: LauncherClient
    private let client: HTTPClient
    private let stall: Duration
    private let logger: Logger
    private let threads: NIOThreadPool

    /// The largest file that is downloaded, in bytes.
    private static let limit = 64 << 30

    init(launcher: LauncherClient, threads: NIOThreadPool, stall: Duration, logger: Logger) {
        self.launcher = launcher
        self.threads = threads
        self.stall = stall
        self.logger = logger
        var configuration = HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = TimeAmount(stall)
        // A framework that wants another try launches the task again; until then a refusal would only be kept back.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    func shutdown() async { try? await client.shutdown().get() }

    /// - Returns: nil if all files are there, else the message for the framework.
    func fetch(_ preparation: Preparation, _ owner: Sandbox.Owner?) async -> String? {
        for (index, file) in preparation.files.enumerated() {
            do {
                try await fetch(file, preparation, owner, number: index)
            } catch {
                let failure = error as? Failure ?? Failure(text: "\(error)")
                logger.info(
                    "a file can't be fetched", metadata: ["container": "\(preparation.container)", "uri": "\(file.uri)", "reason": "\(failure.text)"])
                Sandbox.note("Failed to fetch '\(file.uri)': \(failure.text)", in: preparation.sandbox)
                return "Failed to fetch all URIs for container '\(preparation.container)': exited with status \(failure.status)"
                    + ": \(file.uri): \(failure.text)"
            }
        }
        return nil
    }

    private func fetch(_ file: Preparation.File, _ preparation: Preparation, _ owner: Sandbox.Owner?, number: Int) async throws {
        let source = try Self.source(file.uri)
        let name = file.name ?? source.name
        let target = "\(preparation.sandbox)/\(name)"
        let job = Job(preparation: preparation, owner: owner, number: number, launcher: launcher)
        if let folder = name.lastIndex(of: "/").map({ name[..<$0] }), !folder.isEmpty { try await job.run("mkdir", ["-p", "--", "./\(folder)"]) }
        switch source {
        case .file(let path, _): try await job.run("cp", ["--", path, target])
        case .web(let url, _): try await download(url, to: target, owner)
        }
        if file.isExecutable { try await job.run("chmod", ["a+rx", "--", target]) }
        if file.isExtracted, let command = Self.unpacking(target) { try await job.run(command[0], Array(command.dropFirst())) }
    }

    private enum Source {
        case file(String, name: String)
        case web(String, name: String)

        var name: String {
            switch self {
            case .file(_, let name), .web(_, let name): name
            }
        }
    }

    private static func source(_ uri: String) throws -> Source {
        let isWeb = ["http://", "https://"].contains { uri.lowercased().hasPrefix($0) }
        var path = Substring(uri)
        if isWeb { path = path.prefix { $0 != "?" && $0 != "#" } }
        let isFile = uri.hasPrefix("file://")
        if isFile {
            path = path.dropFirst("file://".count)
            if path.hasPrefix("localhost/") { path = path.dropFirst("localhost".count) }
        }
        guard let name = path.split(separator: "/").last.map(String.init), name != "..", name != "." else {
            throw Failure(text: "the URI names no file")
        }
        if isWeb { return .web(uri, name: name) }
        guard path.hasPrefix("/") else { throw Failure(text: "neither an absolute path nor file://, http:// or https://") }
        return .file(String(path), name: name)
    }

    /// By the name alone, as the original does; the archive stays. nil: no archive.
    private static func unpacking(_ path: String) -> [String]? {
        let name = path.lowercased()
        let tar = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"]
        if tar.contains(where: name.hasSuffix) { return ["tar", "-xf", path, "--no-same-owner"] }
        if name.hasSuffix(".zip") { return ["unzip", "-o", "-q", path] }
        if name.hasSuffix(".gz") { return ["gunzip", "-k", "-f", "--", path] }
        return nil
    }

    private func download(_ url: String, to path: String, _ owner: Sandbox.Owner?) async throws {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "agora-fetcher")
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: .now() + .hours(12))
        } catch let error as HTTPClientError {
            throw Failure(text: "\(error)")
        }
        guard response.status == .ok else { throw Failure(text: "the server answered \(response.status.code) \(response.status.reasonPhrase)") }
        // The sandbox is the task's: what it may have put there in the meantime is neither followed nor written to.
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure(text: "the file can't be made: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        if let owner, fchown(file, owner.uid, owner.gid) != 0 {
            throw Failure(text: "the file can't be given away: \(String(cString: strerror(errno)))")
        }
        var total = 0
        for try await piece in response.body {
            try Task.checkCancellation()
            total += piece.readableBytes
            guard total <= Self.limit else { throw Failure(text: "the file is larger than \(Self.limit) bytes") }
            try await threads.runIfActive { try Self.write(piece, to: file) }
        }
    }

    private static func write(_ piece: ByteBuffer, to file: CInt) throws {
        var rest = piece.readableBytesView[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(text: "the file can't be written: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Commands of one file's preparation, each run as the task's user in a container of its own.
    private struct Job {
        let preparation: Preparation
        let owner: Sandbox.Owner?
        let number: Int
        let launcher: LauncherClient

        func run(_ program: String, _ arguments: [String]) async throws {
            var launch = Agora_V1_LauncherRequest.Launch()
            launch.containerID = "\(preparation.container).fetch-\(number)-\(program)"
            launch.command.executable = program
            launch.command.arguments = [program] + arguments
            launch.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
            launch.workingFolder = preparation.sandbox
            launch.stdoutPath = preparation.sandbox + "/stdout"
            launch.stderrPath = preparation.sandbox + "/stderr"
            if let user = preparation.user { launch.user.name = user }
            let name = launch.containerID
            let launcher = launcher
            let exit: Agora_V1_ContainerExit? = await withTaskCancellationHandler {
                await Self.exit(of: launch, launcher)
            } onCancel: {
                launcher.unwatch(name)
            }
            if Task.isCancelled { launcher.request(.destroy(.with { $0.containerID = name })) { _ in } }
            launcher.request(.remove(.with { $0.containerID = name })) { _ in }
            guard let outcome = exit?.outcome else { throw Failure(text: "\(program) could not be run") }
            switch outcome {
            case .status(0): return
            case .status(let status): throw Failure(text: "\(program) failed; see the sandbox's stderr", status: Int32(truncatingIfNeeded: status))
            case .failure(let failure): throw Failure(text: failure.message)
            case .signal(let signal): throw Failure(text: "\(program) was ended by signal \(signal)")
            case .lost: throw Failure(text: "\(program) could not be run")
            }
        }

        private static func exit(of launch: Agora_V1_LauncherRequest.Launch, _ launcher: LauncherClient) async -> Agora_V1_ContainerExit? {
            await withCheckedContinuation { continuation in
                launcher.watch(launch.containerID) { continuation.resume(returning: $0) }
                launcher.request(.launch(launch)) { reply in
                    if reply.problem != nil { launcher.unwatch(launch.containerID) }
                }
            }
        }
    }
}
