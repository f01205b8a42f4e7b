import org.codehaus.groovy.ast.CodeVisitorSupport
import org.codehaus.groovy.ast.expr.ConstantExpression
import org.codehaus.groovy.ast.expr.MethodCallExpression

/** Complains where a shell gets a text that Groovy puts together: somebody else's words would be commands. */
class Shells extends CodeVisitorSupport {
  final List<String> complaints = []

  @Override
  void visitMethodCallExpression(MethodCallExpression call) {
    if (call.methodAsString in ['sh', 'bat', 'powershell', 'pwsh']) {
      def text = Structure.named(call)['script'] ?: Structure.args(call)[0]
      if (!(text instanceof ConstantExpression)) {
        complaints << "line ${call.lineNumber}: injection: ${call.methodAsString} gets a text that Groovy puts together; pass values by the environment".toString()
      }
    }
    super.visitMethodCallExpression(call)
  }
}
