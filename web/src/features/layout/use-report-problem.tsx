import { App } from 'antd';
import { useCallback } from 'react';
import { detailText, toProblem } from '../../api/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { nextStep } from './next-step.ts';

// Shows a refusal that belongs to no field. A 401 is left out: the session guard answers it.
export function useReportProblem(): (error: unknown) => void {
  const { notification } = App.useApp();
  const { t } = useText();
  return useCallback(
    (error: unknown) => {
      const problem = toProblem(error);
      if (problem.status === 401) return;
      const said = problem.status === 0 ? undefined : (problem.message ?? problem.title);
      notification.error({
        title: said ?? t('problem.title'),
        duration: 10,
        description: (
          <>
            {detailText(problem) ? <div className="problem-detail">{detailText(problem)}</div> : null}
            <div>{problem.hint ?? t(nextStep(problem))}</div>
            {problem.trace_id ? <small>{t('problem.trace', { id: problem.trace_id })}</small> : null}
          </>
        ),
      });
    },
    [notification, t],
  );
}
