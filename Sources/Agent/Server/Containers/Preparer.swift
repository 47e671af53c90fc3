import AgentCore
import Logging
import NIOPosix
import Synchronization

/// Makes sandboxes and fetches files into them, on few threads however many tasks start.
final class Preparer: Sendable {
    private let threads: NIOThreadPool
    private let fetcher: Fetcher
    private let logger: Logger
    private let post: @Sendable (Agent.Input) -> Void
    private let fetching = Mutex<[String: Task<Void, Never>]>([:])

    init(threads: NIOThreadPool, fetcher: Fetcher, logger: Logger, post: @escaping @Sendable (Agent.Input) -> Void) {
        self.threads = threads
        self.fetcher = fetcher
        self.logger = logger
        self.post = post
    }

    func prepare(_ preparation: Preparation) {
        threads.submit { [self] state in
            guard case .active = state else { return }
            do {
                let owner = try Sandbox.make(preparation.sandbox, user: preparation.user)
                if preparation.files.isEmpty {
                    post(.prepared(container: preparation.container, failure: nil))
                } else {
                    fetch(preparation, owner)
                }
            } catch {
                post(.prepared(container: preparation.container, failure: "\(error)"))
            }
        }
    }

    private func fetch(_ preparation: Preparation, _ owner: Sandbox.Owner?) {
        let container = preparation.container
        fetching.withLock { fetching in
            fetching[container] = Task { [self] in
                let failure = await fetcher.fetch(preparation, owner)
                let isWanted = self.fetching.withLock { $0.removeValue(forKey: container) != nil }
                if isWanted { post(.prepared(container: container, failure: failure)) }
            }
        }
    }

    /// Nobody waits for these files any more.
    func abandon(_ container: String) {
        fetching.withLock { $0.removeValue(forKey: container) }?.cancel()
    }

    func prune(_ container: String, _ folder: String) {
        threads.submit { [self] state in
            guard case .active = state else { return }
            Sandbox.delete(folder)
            post(.pruned(container: container))
        }
    }
}
