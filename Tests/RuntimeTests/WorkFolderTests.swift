import Foundation
import Runtime
import Testing

struct WorkFolderTests {
    @Test func `a folder is another one's as soon as it is unlocked, whoever still knows the first`() throws {
        let path = NSTemporaryDirectory() + "agora-folder-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try WorkFolder(path: path)
        #expect(throws: WorkFolderError.self) { try WorkFolder(path: path) }
        first.unlock()
        first.unlock()
        let second = try WorkFolder(path: path)
        #expect(throws: WorkFolderError.self) { try WorkFolder(path: path) }
        withExtendedLifetime((first, second)) {}
    }
}
