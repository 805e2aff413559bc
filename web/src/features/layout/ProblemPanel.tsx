import { toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { nextStep } from './next-step.ts';

interface Props {
  error: unknown;
  onRetry?: () => void;
}

// In place of content that could not be loaded: what happened, what to do, and the trace to quote.
export function ProblemPanel({ error, onRetry }: Props) {
  const { t } = useText();
  const problem = toProblem(error);
  return (
    <div className="panel-note" role="alert">
      <h2>{problem.status === 0 ? t('problem.title') : (problem.message ?? problem.title ?? t('problem.title'))}</h2>
      <p>{problem.hint ?? t(nextStep(problem))}</p>
      {problem.trace_id ? <p>{t('problem.trace', { id: problem.trace_id })}</p> : null}
      {onRetry ? <button type="button" className="plain-button" onClick={onRetry}>{t('list.retry')}</button> : null}
    </div>
  );
}
